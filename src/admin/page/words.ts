/** A number as people read it: 0.4, 12, 1,250, 48k. */
export function shortNumber(value: number): string {
  if (value === 0) return '0';
  if (value < 10) return trimmed(value.toFixed(1));
  if (value < 10_000) return Math.round(value).toLocaleString('en');
  return value < 1_000_000 ? `${trimmed((value / 1_000).toFixed(1))}k` : `${trimmed((value / 1_000_000).toFixed(1))}M`;
}

function trimmed(text: string): string {
  return text.replace(/\.0$/, '');
}

/** A rate per second; a dash where it is not known yet. Rates too small for one digit are not shown as nothing. */
export function rate(perSecond: number | null | undefined): string {
  if (perSecond === null || perSecond === undefined) return '–';
  return perSecond > 0 && perSecond < 0.05 ? '<0.1' : shortNumber(perSecond);
}

/** Milliseconds, or seconds where there are many; a dash where it is not known. */
export function milliseconds(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–';
  return ms < 1_000 ? `${shortNumber(ms)} ms` : `${trimmed((ms / 1_000).toFixed(1))} s`;
}

const UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const;

/** How long, by its largest unit: 40 s, 12 min, 3 h, 2 d. */
export function duration(seconds: number): string {
  const [size, unit] = UNITS.find(([one]) => seconds >= one) ?? [1, 's'];
  return `${Math.max(0, Math.floor(seconds / size))} ${unit}`;
}

/** The time of day of a time in ISO 8601, with the day where that is not today. */
export function clock(iso: string, now: Date): string {
  const date = new Date(iso);
  const time = date.toLocaleTimeString('en-GB');
  return date.toDateString() === now.toDateString() ? time : `${date.toLocaleDateString('en-CA')} ${time}`;
}

/** `1 app`, `2 apps`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
