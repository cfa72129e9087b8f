import { now } from '../lib/clock.ts';
import type { Loop } from '../core/loop.ts';
import type { View } from '../model/view.ts';
import type { Document } from '../model/document.ts';
import type { News } from '../model/news.ts';
import type { Surroundings } from './surroundings.ts';

/** The views whose documents somebody may ask about. */
export interface Views {
  readonly see: Loop['consumers'][number];
  readonly of: (document: Document) => View | undefined;
  readonly latest: () => View | undefined;
  /** When the last full read was sent, in ms since 1970. */
  readonly sentAt: () => number | undefined;
}

/** None is seen yet. */
export function makeViews(): Views {
  const views = new WeakMap<Document, View>();
  let latest: { readonly view: View; readonly sentAt: number | undefined } | undefined;
  return {
    see: (view, _news, { sentAt }) => {
      views.set(view.document, view);
      latest = { view, sentAt };
    },
    of: (document) => views.get(document),
    latest: () => latest?.view,
    sentAt: () => latest?.sentAt,
  };
}

/** Whose documents are driven, and who hears what HAProxy serves then. */
export function drivenBy({ of }: Views, tell: Surroundings['tell']) {
  const serves = (document: Document): void => {
    tell(servingNews(of(document)));
  };
  return { viewOf: of, serves };
}

function servingNews(view: View | undefined): News {
  return { kind: 'serving', at: now(), fronts: view?.services.map(({ front }) => front) ?? [] };
}
