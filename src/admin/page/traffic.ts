import { draw, fill, find, make, say } from './elements.ts';
import { areaPath, linePath, topOf, type Frame, type Point } from './graph.ts';
import type { Totals } from '../../admin/figures-totals.ts';
import { milliseconds, rate, shortNumber } from './words.ts';

const MINUTES = 15;
const WINDOW_MS = MINUTES * 60_000;
const [WIDTH, HEIGHT] = [300, 56];

interface Line {
  readonly name: string;
  readonly of: (totals: Totals) => number | null;
}

interface Graph {
  readonly id: string;
  readonly title: string;
  readonly lines: readonly Line[];
  readonly words: (value: number | null) => string;
}

const GRAPHS: readonly Graph[] = [
  { id: 'requests', title: 'Requests/s', lines: [{ name: '', of: ({ requests }) => requests }], words: rate },
  { id: 'errors', title: 'Errors/s', lines: [{ name: '', of: ({ errors }) => errors }], words: rate },
  {
    id: 'answer',
    title: 'Answer time',
    lines: [
      { name: 'p95', of: ({ p95 }) => p95 },
      { name: 'p50', of: ({ p50 }) => p50 },
    ],
    words: milliseconds,
  },
  {
    id: 'sessions',
    title: 'Open sessions',
    lines: [{ name: '', of: ({ sessions }) => sessions }],
    words: (value) => (value === null ? '–' : shortNumber(value)),
  },
];

/** The graphs of the last 15 minutes. */
export interface TrafficGraphs {
  /** Takes what is new, and draws. */
  readonly add: (totals: readonly Totals[], now: number) => void;
  /** The time of the latest totals, in ms since 1970; 0 where there are none. */
  readonly latest: () => number;
}

/** The graphs, without a line yet. */
export function makeTraffic(): TrafficGraphs {
  let past: readonly Totals[] = [];
  const figures = GRAPHS.map(figureOf);
  fill(find('graphs', HTMLElement), ...figures.map(({ element }) => element));
  return {
    add: (totals, now) => {
      const known = past.at(-1)?.at ?? 0;
      past = [...past, ...totals.filter(({ at }) => at > known)].filter(({ at }) => at > now - WINDOW_MS);
      for (const { refresh } of figures) refresh(past, now);
    },
    latest: () => past.at(-1)?.at ?? 0,
  };
}

interface Figure {
  readonly element: HTMLElement;
  readonly refresh: (past: readonly Totals[], now: number) => void;
}

function figureOf({ id, title, lines, words }: Graph): Figure {
  const [value, top] = [make('span', { class: 'graph-value' }, '–'), make('span', { class: 'graph-top' })];
  const drawing = draw('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': title });
  const paths = lines.map((_, i) => {
    return { area: draw('path', { class: `area line-${i}` }), line: draw('path', { class: `line line-${i}` }) };
  });
  for (const minute of [5, 10]) drawing.append(draw('path', { class: 'grid', d: `M${(WIDTH * minute) / MINUTES} 0V${HEIGHT}` }));
  drawing.append(...paths.flatMap(({ area, line }) => [area, line]));
  const element = make(
    'figure',
    { class: 'graph', id: `graph-${id}` },
    make('figcaption', {}, make('span', { class: 'graph-title' }, title), value),
    make('div', { class: 'graph-plot' }, drawing, top),
    make('div', { class: 'graph-axis', 'aria-hidden': 'true' }, make('span', {}, '15 min ago'), make('span', {}, 'now')),
  );
  const refresh: Figure['refresh'] = (past, now) => {
    const points = lines.map(({ of }) => past.map((one): Point => ({ at: one.at, value: of(one) })));
    const values = points.flat().map((point) => point.value);
    const most = topOf(values);
    const frame: Frame = { from: now - WINDOW_MS, to: now, most, width: WIDTH, height: HEIGHT };
    for (const [i, { area, line }] of paths.entries()) {
      area.setAttribute('d', areaPath(points[i] ?? [], frame));
      line.setAttribute('d', linePath(points[i] ?? [], frame));
    }
    const latest = lines.map(({ name, of }) => `${name} ${words(past.at(-1) === undefined ? null : of(past.at(-1) as Totals))}`.trim());
    fill(value, ...latest.map((text, i) => make('span', { class: `series-${i}` }, text)).reverse());
    say(top, values.some((one) => one !== null && one > 0) ? words(most) : '');
    const largest = values.length === 0 ? '' : `, at most ${words(Math.max(0, ...values.map((one) => one ?? 0)))} in the last 15 minutes`;
    drawing.setAttribute('aria-label', `${title}: ${latest.join(', ')} now${largest}`);
  };
  return { element, refresh };
}
