import type { Change } from '../change.ts';
import { fill, find, make } from './elements.ts';
import { clock, milliseconds } from './words.ts';

/** So many changes are shown. */
const MOST = 20;

const RESULTS = { commands: 'at once', reload: 'reload', failed: 'failed' } as const satisfies Record<Change['result'], string>;

/** Shows the last changes of HAProxy, the latest first. */
export function showChanges(changes: readonly Change[], now: Date): void {
  fill(find('change-list', HTMLElement), ...changes.slice(0, MOST).map((change) => itemOf(change, now)));
  find('change-none', HTMLElement).hidden = changes.length > 0;
}

function itemOf({ at, result, ms, why, what, more, error }: Change, now: Date): HTMLElement {
  const rest = more > 0 ? [`and ${more} more`] : [];
  return make(
    'li',
    { class: 'change', 'data-result': result },
    make(
      'p',
      { class: 'change-head' },
      make('time', { datetime: at }, clock(at, now)),
      make('span', { class: 'badge' }, RESULTS[result]),
      ms === null ? undefined : make('span', { class: 'took' }, `took ${milliseconds(ms)}`),
    ),
    error === null ? undefined : make('p', { class: 'change-error' }, error),
    why.length === 0 ? undefined : make('p', {}, why.map(({ text }) => text).join('; ')),
    what.length === 0 ? undefined : make('p', { class: 'change-what' }, [...what.slice(0, 4), ...restOf(what), ...rest].join(', ')),
  );
}

function restOf(what: readonly string[]): readonly string[] {
  return what.length > 4 ? [`and ${what.length - 4} more`] : [];
}

/** A change put before those that are known, once. */
export function withChange(changes: readonly Change[], change: Change): readonly Change[] {
  return [change, ...changes.filter(({ id }) => id !== change.id)].slice(0, 50);
}
