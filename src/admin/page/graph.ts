/** A value at a time, in ms since 1970; null where nothing is known. */
export interface Point {
  readonly at: number;
  readonly value: number | null;
}

/** The window of a graph: its times, its largest value, and its size. */
export interface Frame {
  readonly from: number;
  readonly to: number;
  readonly most: number;
  readonly width: number;
  readonly height: number;
}

/** A pause that is longer than this, in ms, is a gap in the line: nobody looked. */
const GAP_MS = 45_000;

/** The pieces of a line without gaps, each as coordinates. */
function piecesOf(points: readonly Point[], frame: Frame): readonly (readonly (readonly [number, number])[])[] {
  const pieces: (readonly [number, number])[][] = [];
  let last = -Infinity;
  for (const { at, value } of points) {
    if (value === null || at < frame.from) continue;
    const spot = [xOf(at, frame), yOf(value, frame)] as const;
    const piece = pieces.at(-1);
    if (piece === undefined || at - last > GAP_MS) pieces.push([spot]);
    else piece.push(spot);
    last = at;
  }
  return pieces;
}

/** Where a time is, from the left. */
function xOf(at: number, { from, to, width }: Frame): number {
  return tenth(((at - from) / (to - from)) * width);
}

function yOf(value: number, { most, height }: Frame): number {
  return tenth(height - (value / most) * height);
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The line as the path of a drawing. A single point is a short dash, or nobody would see it. */
export function linePath(points: readonly Point[], frame: Frame): string {
  return piecesOf(points, frame)
    .map((piece) => `M${piece.map(([x, y]) => `${x} ${y}`).join('L')}${piece.length === 1 ? 'h1' : ''}`)
    .join('');
}

/** The area below the line. */
export function areaPath(points: readonly Point[], frame: Frame): string {
  return piecesOf(points, frame)
    .map((piece) => {
      const [first, last] = [piece[0] ?? [0, 0], piece.at(-1) ?? [0, 0]];
      return `M${first[0]} ${frame.height}L${piece.map(([x, y]) => `${x} ${y}`).join('L')}L${last[0]} ${frame.height}Z`;
    })
    .join('');
}

/** A round number at or above the largest value: the top of the scale. */
export function topOf(values: readonly (number | null)[]): number {
  const most = Math.max(0, ...values.map((value) => value ?? 0));
  if (most <= 0) return 1;
  const size = 10 ** Math.floor(Math.log10(most));
  return ([1, 2, 5, 10].find((step) => step * size >= most) ?? 10) * size;
}
