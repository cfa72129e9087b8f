import type { Inbox } from '../lib/inbox.ts';
import type { Document } from '../model/document.ts';
import type { News } from '../model/news.ts';
import type { Problem } from '../model/problem.ts';
import type { LeftOut, Service } from '../model/service.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { State } from '../snapshot/state.ts';

/** What follows from a state. Every consumer is given the same one. */
export interface View {
  readonly snapshot: Snapshot;
  readonly services: readonly Service[];
  readonly leftOut: readonly LeftOut[];
  /** The files of certificates that labels name; the same list as long as they do. */
  readonly certificates: readonly string[];
  /** What is known of them. */
  readonly named: State['certificates']['named'];
  readonly document: Document;
  readonly problems: readonly Problem[];
  /** What HAProxy can't bind now. */
  readonly taken: State['taken'];
  /** What Marathon lacks and nothing explains. */
  readonly held: State['held'];
  /** When it was known, in ms since 1970, where that was before the start. */
  readonly staleSince: number | undefined;
  /** That Marathon can't be read for a while already. */
  readonly unread: State['unread'];
}

/** What goes round: News, the state they make, and who sees what is shown of it. */
export interface Loop<Shown = View> {
  readonly inbox: Inbox<News>;
  readonly start: State;
  readonly absorb: (state: State, news: News) => State; // pure
  readonly derive: (state: State) => Shown | undefined; // pure, and cheap for what did not change; nothing before the first read
  readonly consumers: readonly ((view: Shown, batch: readonly News[], state: State) => void)[]; // HAProxy, the log, DNS, later admin, state on disk
}

/** News in, views out. Consumers take the view and return at once; what they learn comes back as news. */
export async function loop<Shown>({ inbox, start, absorb, derive, consumers }: Loop<Shown>): Promise<void> {
  let state = start;
  for await (const batch of inbox) {
    const before = state;
    state = batch.reduce(absorb, state);
    if (state === before) continue;
    const view = derive(state);
    if (view !== undefined) for (const consume of consumers) consume(view, batch, state);
  }
}
