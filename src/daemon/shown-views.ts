import type { Consumer } from '../core/loop.ts';
import type { View } from '../model/view.ts';
import type { Document } from '../model/document.ts';
import type { Surroundings } from './surroundings.ts';

/** The views that were shown, for as long as somebody may still ask about them. */
export interface Views {
  readonly see: Consumer;
  /** The view that a document is part of. */
  readonly of: (document: Document) => View | undefined;
  readonly latest: () => View | undefined;
  /** When the last full read was sent, in ms since 1970. */
  readonly sentAt: () => number | undefined;
}

/** Returns an empty record of views. */
export function makeViews(): Views {
  const views = new WeakMap<Document, View>();
  let latest: { readonly view: View; readonly sentAt: number | undefined } | undefined;
  return {
    see: (view, { sentAt }) => {
      views.set(view.document, view);
      latest = { view, sentAt };
    },
    of: (document) => views.get(document),
    latest: () => latest?.view,
    sentAt: () => latest?.sentAt,
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
