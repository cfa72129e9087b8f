import type { Inbox } from '../lib/inbox.ts';
import type { News } from '../model/news.ts';
import type { View } from '../model/view.ts';
import type { State } from '../snapshot/state.ts';

/** What a loop works with: the source of news, the functions that make the state and the view, and the consumers of the view. */
export interface Loop<Shown = View> {
  readonly inbox: Inbox<News>;
  readonly start: State;
  readonly absorb: (state: State, news: News) => State; // pure
  readonly derive: (state: State) => Shown | undefined; // pure, and cheap for parts that did not change; undefined before the first read
  readonly consumers: readonly Consumer<Shown>[];
}

/** Gets each new view and its state. It must return at once; whatever it learns, it tells as news. */
export type Consumer<Shown = View> = (view: Shown, state: State) => void;

/** Applies news to the state until the inbox ends, and hands each new view to all consumers. */
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
