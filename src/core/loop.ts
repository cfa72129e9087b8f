import type { Inbox } from '../lib/inbox.ts';
import type { News } from '../model/news.ts';
import type { View } from '../model/view.ts';
import type { State } from '../snapshot/state.ts';

/** What a loop is made of: where news comes from, the state it makes, and who is shown what follows from it. */
export interface Loop<Shown = View> {
  readonly inbox: Inbox<News>;
  readonly start: State;
  readonly absorb: (state: State, news: News) => State; // pure
  readonly derive: (state: State) => Shown | undefined; // pure, and cheap for what did not change; nothing before the first read
  readonly consumers: readonly Consumer<Shown>[];
}

/** Is handed each view, and the state it follows from; returns at once. What a consumer learns comes back as news. */
export type Consumer<Shown = View> = (view: Shown, state: State) => void;

/** News in, views out. Consumers take the view and return at once; what they learn comes back as news. */
export async function loop<Shown>({ inbox, start, absorb, derive, consumers }: Loop<Shown>): Promise<void> {
  let state = start;
  for await (const batch of inbox) {
    const before = state;
    state = batch.reduce(absorb, state);
    if (state === before) continue;
    const view = derive(state);
    if (view !== undefined) for (const consume of consumers) consume(view, state);
  }
}
