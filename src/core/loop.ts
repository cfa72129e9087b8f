import type { Inbox } from '../lib/inbox.ts';
import type { News } from '../model/news.ts';
import type { View } from '../model/view.ts';
import type { State } from '../snapshot/state.ts';

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
