import type { Consumer } from '../core/loop.ts';
import type { View } from '../model/view.ts';
import type { Document } from '../model/document.ts';
import type { State } from '../snapshot/state.ts';
import type { Surroundings } from './surroundings.ts';

/** The views that were shown, for as long as somebody may still ask about them. */
export interface Views {
  readonly see: Consumer;
  /** The view that a document is part of. */
  readonly of: (document: Document) => View | undefined;
  readonly latest: () => View | undefined;
  /** The state of the latest view. */
  readonly state: () => State | undefined;
}

/** Returns an empty record of views. */
export function makeViews(): Views {
  const views = new WeakMap<Document, View>();
  let latest: { readonly view: View; readonly state: State } | undefined;
  return {
    see: (view, state) => {
      views.set(view.document, view);
      latest = { view, state };
    },
    of: (document) => views.get(document),
    latest: () => latest?.view,
    state: () => latest?.state,
  };
}

/** What `openDrive` needs of the views: the view that a document is part of; and a function that tells as News what HAProxy serves. */
export function drivenBy({ of }: Views, { tell, now }: Pick<Surroundings, 'tell' | 'now'>) {
  const serves = (document: Document): void => {
    const view = of(document);
    if (view !== undefined) tell({ kind: 'serving', at: now(), holders: view.holders });
  };
  return { viewOf: of, serves };
}
