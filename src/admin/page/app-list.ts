import type { AppRow } from '../../explain/app-rows.ts';
import { COLUMNS, makeRowElement, type RowElement } from './app-row.ts';
import { find, make } from './elements.ts';
import type { KnownFigures } from './rows.ts';

/** The list of apps. Only the rows in view, and a few beside them, are elements. */
export interface AppList {
  readonly show: (rows: readonly AppRow[], figures: KnownFigures) => void;
  /** The rows in view. */
  readonly inView: () => readonly AppRow[];
}

/** So many rows above and below the view are made too, so that none is missing while somebody scrolls. */
const BESIDE = 6;

/** Rows are as high as the style says; on a narrow screen they have two lines. */
const [WIDE_PX, NARROW_PX] = [44, 78];

interface Wishes {
  readonly open: (app: string) => void;
  /** Called when other rows have come into view. */
  readonly scrolled: () => void;
}

/** The list, empty at first. */
export function makeAppList({ open, scrolled }: Wishes): AppList {
  const [view, body, table] = ['app-view', 'app-body', 'app-table'].map((id) => find(id, HTMLElement)) as [
    HTMLElement,
    HTMLElement,
    HTMLElement,
  ];
  const narrow = matchMedia('(max-width: 45rem)');
  let [rows, figures] = [[] as readonly AppRow[], new Map() as KnownFigures];
  const made = new Map<string, RowElement>();
  const height = (): number => (narrow.matches ? NARROW_PX : WIDE_PX);
  const range = (beside: number): readonly [number, number] => {
    const first = Math.floor(view.scrollTop / height()) - beside;
    const last = Math.ceil((view.scrollTop + view.clientHeight) / height()) + beside;
    return [Math.max(0, first), Math.min(rows.length, last)];
  };
  const refresh = (): void => {
    const [first, last] = range(BESIDE);
    body.style.height = `${rows.length * height()}px`;
    table.setAttribute('aria-rowcount', String(rows.length + 1));
    const wanted = rows.slice(first, last);
    const ids = new Set<string>(wanted.map(({ app }) => app));
    for (const [id, { element }] of made) {
      if (ids.has(id) || element.contains(document.activeElement)) continue; // whoever stands on a row keeps it
      element.remove();
      made.delete(id);
    }
    let before: Element | null = null;
    for (const [i, row] of wanted.entries()) {
      const one = made.get(row.app) ?? makeRowElement(open);
      made.set(row.app, one);
      one.write(row, { index: first + i, top: (first + i) * height() }, figures);
      const next: Element | null = before === null ? body.firstElementChild : before.nextElementSibling;
      if (next !== one.element && !one.element.contains(document.activeElement)) body.insertBefore(one.element, next);
      before = one.element;
    }
  };
  const move = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: 10,
      PageUp: -10,
      Home: -rows.length,
      End: rows.length,
    };
    const step = steps[event.key];
    const current = [...made].find(([, { element }]) => element.contains(document.activeElement))?.[0];
    if (step === undefined || current === undefined) return;
    event.preventDefault();
    const from = rows.findIndex(({ app }) => app === current);
    const to = Math.max(0, Math.min(rows.length - 1, from + step));
    const top = to * height();
    if (top < view.scrollTop || top + height() > view.scrollTop + view.clientHeight)
      view.scrollTop = Math.max(0, top - view.clientHeight / 2);
    refresh();
    made.get(rows[to]?.app ?? '')?.button.focus({ preventScroll: true });
  };
  find('app-head', HTMLElement).append(
    ...[['app', 'App'] as const, ...COLUMNS].map(([name, title]) => make('div', { role: 'columnheader', class: `cell ${name}` }, title)),
  );
  view.addEventListener('scroll', () => {
    refresh();
    scrolled();
  });
  view.addEventListener('keydown', move);
  new ResizeObserver(refresh).observe(view);
  return {
    show: (next, known) => {
      [rows, figures] = [next, known];
      refresh();
    },
    inView: () => rows.slice(...range(0)),
  };
}
