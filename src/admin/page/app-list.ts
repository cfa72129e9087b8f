import type { AppRow } from '../../explain/app-rows.ts';
import { COLUMNS, makeRowElement, type RowElement } from './app-row.ts';
import { find, make } from './elements.ts';
import type { KnownFigures } from './rows.ts';

/** The list of apps. Only the rows in view, and a few beside them, are elements. */
export interface AppList {
  readonly show: (rows: readonly AppRow[], figures: KnownFigures) => void;
  /** The rows in view, and a few beside them. */
  readonly inView: () => readonly AppRow[];
}

/** So many rows above and below the view are made too, so that none is missing while somebody scrolls. */
const BESIDE = 6;

/** Rows are as high as the style says; on a narrow screen they have more lines. */
const [WIDE_PX, NARROW_PX] = [52, 84];

interface Wishes {
  readonly open: (app: string) => void;
  /** Called when other rows have come into view. */
  readonly scrolled: () => void;
}

/** The list, empty at first. */
export function makeAppList({ open, scrolled }: Wishes): AppList {
  const rows = new RowsInView(open);
  const heads = [['app', 'App'] as const, ...COLUMNS].map(([name, title]) => {
    return make('div', { role: 'columnheader', class: `cell ${name}` }, title);
  });
  find('app-head', HTMLElement).append(...heads);
  rows.view.addEventListener('scroll', () => {
    rows.refresh();
    scrolled();
  });
  rows.view.addEventListener('keydown', (event) => {
    if (rows.move(event.key)) event.preventDefault();
  });
  new ResizeObserver(() => {
    rows.refresh();
  }).observe(rows.view);
  return {
    show: (next, figures) => {
      rows.set(next, figures);
    },
    inView: () => rows.inView(),
  };
}

class RowsInView {
  readonly view = find('app-view', HTMLElement);
  readonly #body = find('app-body', HTMLElement);
  readonly #narrow = matchMedia('(max-width: 45rem)');
  readonly #made = new Map<string, RowElement>();
  readonly #open: (app: string) => void;
  #rows: readonly AppRow[] = [];
  #figures: KnownFigures = new Map();

  constructor(open: (app: string) => void) {
    this.#open = open;
  }

  set(rows: readonly AppRow[], figures: KnownFigures): void {
    [this.#rows, this.#figures] = [rows, figures];
    this.refresh();
  }

  inView(): readonly AppRow[] {
    return this.#rows.slice(...this.#range(BESIDE));
  }

  /** Makes the rows that have come into view, in order, and removes those that have left it. */
  refresh(): void {
    const [first, last] = this.#range(BESIDE);
    this.#body.style.height = `${this.#rows.length * this.#height()}px`;
    find('app-table', HTMLElement).setAttribute('aria-rowcount', String(this.#rows.length + 1));
    const wanted = this.#rows.slice(first, last);
    this.#removeOthers(new Set(wanted.map(({ app }) => app)));
    let next = this.#body.firstElementChild;
    for (const [i, row] of wanted.entries()) {
      const index = first + i;
      const { element, write } = this.#rowOf(row);
      write(row, { index, top: index * this.#height() }, this.#figures);
      if (element === next) next = next.nextElementSibling;
      else this.#body.insertBefore(element, next);
    }
  }

  /** Moves the focus from the row that has it to the row that the key leads to. Returns false for a key that leads nowhere. */
  move(key: string): boolean {
    const step = stepOf(key, this.#rows.length);
    const current = [...this.#made].find(([, row]) => row.element.contains(document.activeElement))?.[0];
    if (step === undefined || current === undefined) return false;
    const from = this.#rows.findIndex(({ app }) => app === current);
    const to = Math.max(0, Math.min(this.#rows.length - 1, from + step));
    const [top, { scrollTop, clientHeight }] = [to * this.#height(), this.view];
    const isInView = top >= scrollTop && top + this.#height() <= scrollTop + clientHeight;
    if (!isInView) this.view.scrollTop = Math.max(0, top - clientHeight / 2);
    this.refresh();
    this.#made.get(this.#rows[to]?.app ?? '')?.button.focus({ preventScroll: true });
    return true;
  }

  #rowOf({ app }: AppRow): RowElement {
    const known = this.#made.get(app) ?? makeRowElement(this.#open);
    this.#made.set(app, known);
    return known;
  }

  /** Whoever stands on a row keeps it, though it may be out of view. */
  #removeOthers(ids: ReadonlySet<string>): void {
    for (const [id, { element }] of this.#made) {
      if (ids.has(id) || (element.contains(document.activeElement) && this.#rows.some(({ app }) => app === id))) continue;
      element.remove();
      this.#made.delete(id);
    }
  }

  #height(): number {
    return this.#narrow.matches ? NARROW_PX : WIDE_PX;
  }

  #range(beside: number): readonly [number, number] {
    const { scrollTop, clientHeight } = this.view;
    const first = Math.floor(scrollTop / this.#height()) - beside;
    const last = Math.ceil((scrollTop + clientHeight) / this.#height()) + beside;
    return [Math.max(0, first), Math.min(this.#rows.length, last)];
  }
}

/** How many rows a key leads on; undefined for a key that leads nowhere. */
function stepOf(key: string, rows: number): number | undefined {
  const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -rows, End: rows };
  return steps[key];
}
