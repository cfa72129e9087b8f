import type { HaproxyChange } from '../../admin/change.ts';
import { fill, find, make } from './elements.ts';
import { clock, milliseconds } from './words.ts';

/** So many changes are shown until somebody wants all. */
const MOST = 8;

const RESULTS = { commands: 'at once', reload: 'reload', failed: 'failed' } as const satisfies Record<HaproxyChange['result'], string>;

/** The list of the last changes of HAProxy. */
export interface ChangeList {
  /** The latest first. */
  readonly show: (changes: readonly HaproxyChange[], now: Date) => void;
}

/** The list, empty at first. */
export function makeChangeList(): ChangeList {
  let [shown, most] = [[] as readonly HaproxyChange[], MOST];
  const more = find('change-more', HTMLButtonElement);
  const refresh = (now: Date): void => {
    fill(find('change-list', HTMLElement), ...shown.slice(0, most).map((change) => itemOf(change, now)));
    find('change-none', HTMLElement).hidden = shown.length > 0;
    more.hidden = shown.length <= most;
  };
  more.addEventListener('click', () => {
    most = Infinity;
    refresh(new Date());
  });
  return {
    show: (changes, now) => {
      if (changes === shown) return;
      shown = changes;
      refresh(now);
    },
  };
}

function itemOf({ at, result, ms, why, what, more, error }: HaproxyChange, now: Date): HTMLElement {
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
    what.length === 0 ? undefined : make('p', { class: 'change-what' }, firstOf(what, more)),
  );
}

/** The first four, and how many more there are. */
function firstOf(what: readonly string[], more: number): string {
  const rest = Math.max(0, what.length - 4) + more;
  return [...what.slice(0, 4), ...(rest > 0 ? [`and ${rest} more`] : [])].join(', ');
}

/** A change put before those that are known, once. */
export function withChange(changes: readonly HaproxyChange[], change: HaproxyChange): readonly HaproxyChange[] {
  return [change, ...changes.filter(({ id }) => id !== change.id)].slice(0, 50);
}
