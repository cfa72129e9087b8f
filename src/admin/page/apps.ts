import type { AppRow } from '../../explain/app-rows.ts';
import type { Address } from './address.ts';
import { makeAppList } from './app-list.ts';
import { find, say } from './elements.ts';
import { chooseRows, mergeRows, type KnownFigures, type Show, type Sort, type ListWish } from './rows.ts';
import type { OverviewShape, StatsShape } from './shapes.ts';
import { counted } from './words.ts';

/** The part of the page with all apps. */
export interface Apps {
  /** Takes what has changed in the list. */
  readonly take: (change: OverviewShape) => void;
  /** Takes HAProxy's figures; undefined when there are none now. */
  readonly figures: (stats: StatsShape | undefined) => void;
  /** The query by which the figures of the rows in view are asked for. */
  readonly wanted: () => readonly (readonly [string, string])[];
  /** The revision of the list, to ask for what has changed since. */
  readonly revision: () => string | undefined;
  /** Takes over what the address bar says. */
  readonly follow: () => void;
}

interface AppWishes {
  readonly address: Address;
  readonly open: (app: string) => void;
  /** Called when figures of other rows are wanted. */
  readonly scrolled: () => void;
}

/** The list with its search, filter and order, as the address bar has them. */
export function makeApps({ address, open, scrolled }: AppWishes): Apps {
  const list = makeAppList({ open, scrolled });
  let [rows, revision] = [[] as readonly AppRow[], undefined as string | undefined];
  let known: KnownFigures = new Map();
  const refresh = (): void => {
    const chosen = chooseRows(rows, wishOf(address), known);
    list.show(chosen, known);
    const all = counted(rows.length, 'app');
    say(find('app-count', HTMLElement), chosen.length === rows.length ? all : `${chosen.length.toLocaleString('en')} of ${all}`);
    find('app-none', HTMLElement).hidden = chosen.length > 0 || revision === undefined;
  };
  listenToFields(address, () => {
    refresh();
    scrolled();
  });
  return {
    take: (change) => {
      rows = change.whole ? change.apps : mergeRows(rows, change);
      revision = change.revision;
      refresh();
    },
    figures: (stats) => {
      known = new Map([...(stats?.troubled ?? []), ...(stats?.most ?? []), ...(stats?.backends ?? [])].map((one) => [one.backend, one]));
      refresh();
    },
    wanted: () => {
      const { sort } = wishOf(address);
      const backends = list.inView().flatMap(({ ports }) => ports.slice(0, 8).map(({ backend }) => ['backend', backend] as const));
      return [...(sort === 'id' ? [] : [['most', sort] as const]), ...backends.slice(0, 200)];
    },
    revision: () => revision,
    follow: () => {
      writeFields(address);
      refresh();
    },
  };
}

const SHOWS: readonly Show[] = ['all', 'problems', 'trouble', 'unserved'];
const SORTS: readonly Sort[] = ['id', 'requests', 'errors', 'sessions', 'down'];

function wishOf(address: Address): ListWish {
  const { q, show, sort } = address.shown();
  return { q, show: SHOWS.find((one) => one === show) ?? 'all', sort: SORTS.find((one) => one === sort) ?? 'id' };
}

function listenToFields(address: Address, changed: () => void): void {
  const [search, show, sort] = fields();
  search.addEventListener('input', () => {
    address.change({ q: search.value });
    changed();
  });
  show.addEventListener('change', () => {
    address.change({ show: show.value });
    changed();
  });
  sort.addEventListener('change', () => {
    address.change({ sort: sort.value });
    changed();
  });
  document.addEventListener('keydown', (event) => {
    const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    search.focus();
  });
}

function writeFields(address: Address): void {
  const [search, show, sort] = fields();
  const wish = wishOf(address);
  [search.value, show.value, sort.value] = [wish.q, wish.show, wish.sort];
}

function fields(): readonly [HTMLInputElement, HTMLSelectElement, HTMLSelectElement] {
  return [find('app-search', HTMLInputElement), find('app-show', HTMLSelectElement), find('app-sort', HTMLSelectElement)];
}
