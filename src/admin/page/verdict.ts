import type { LiveStatus } from '../../admin/live-status.ts';
import { fill, find, make, say, type ElementContent } from './elements.ts';
import type { Totals } from '../../admin/figures-totals.ts';
import { clock, counted, duration } from './words.ts';

/** How something is, for its colour and its sign. */
export type Mood = 'good' | 'warn' | 'bad' | 'unknown';

/** What the top of the page is made from. */
export interface Standing {
  readonly status: LiveStatus | undefined;
  /** When the daemon did not answer any more, in ms since 1970; undefined while it answers. */
  readonly silentSince: number | undefined;
  /** How many there are, how many of them are critical, and how many are critical or serious. */
  readonly problems: { readonly critical: number; readonly serious: number; readonly all: number };
  /** HAProxy's figures, or a sentence why there are none. */
  readonly stats: { readonly totals: Totals } | string | undefined;
}

/** Shows at a glance whether all is well. */
export function showVerdict(standing: Standing, now: Date): void {
  const { mood, text } = verdictOf(standing, now);
  const box = find('verdict', HTMLElement);
  box.dataset['mood'] = mood;
  say(find('verdict-text', HTMLElement), text);
  document.title = `${TITLES[mood]} marathon-lb-ts ${standing.status?.machine ?? ''}`.trim();
  showTile('tile-marathon', marathonTile(standing, now));
  showTile('tile-haproxy', haproxyTile(standing, now));
  showTile('tile-servers', serversTile(standing));
  showTile('tile-problems', problemsTile(standing));
}

const TITLES = { good: '✓', warn: '!', bad: '✗', unknown: '…' } as const satisfies Record<Mood, string>;

function verdictOf({ status, silentSince, problems, stats }: Standing, now: Date): { readonly mood: Mood; readonly text: string } {
  if (silentSince !== undefined) {
    const since = clock(new Date(silentSince).toISOString(), now);
    return { mood: 'bad', text: `The daemon has not answered since ${since}. What is shown is from before; HAProxy goes on serving it.` };
  }
  if (status === undefined) return { mood: 'unknown', text: 'Asking the daemon …' };
  if (!status.ok) return { mood: 'bad', text: `${upper(status.text)}.` };
  if (!status.marathon.attached && status.marathon.since !== null)
    return { mood: 'warn', text: "Marathon's event stream is not attached, so changes come later." };
  return inStep(problems, typeof stats === 'object' ? stats.totals.down : 0);
}

/** All is in step. What is wrong all the same is said, and is a reason to look where it is more than minor. */
function inStep({ serious, all }: Standing['problems'], down: number): { readonly mood: Mood; readonly text: string } {
  const wrong = [
    ...(down > 0 ? [`${counted(down, 'server is', 'servers are')} down`] : []),
    ...(all > 0 ? [`there ${all === 1 ? 'is' : 'are'} ${counted(all, 'problem')}`] : []),
  ];
  const text = 'Marathon is followed, and HAProxy runs what is wanted';
  if (wrong.length === 0) return { mood: 'good', text: `All is well: ${text}.` };
  return { mood: down > 0 || serious > 0 ? 'warn' : 'good', text: `${text}; ${wrong.join(', and ')}.` };
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

interface Tile {
  readonly mood: Mood;
  readonly value: string;
  readonly more: readonly ElementContent[];
}

function showTile(id: string, { mood, value, more }: Tile): void {
  const tile = find(id, HTMLElement);
  tile.dataset['mood'] = mood;
  const [valueOf, moreOf] = [tile.querySelector('.value'), tile.querySelector('.more')];
  if (valueOf !== null) say(valueOf, value);
  if (moreOf !== null) fill(moreOf, ...more.map((line) => make('span', {}, line)));
}

const ASKED: Tile = { mood: 'unknown', value: '…', more: [] };

function marathonTile({ status }: Standing, now: Date): Tile {
  if (status === undefined) return ASKED;
  const { attached, url, why, since, read, staleSince } = status.marathon;
  const age = (iso: string): string => duration((now.getTime() - Date.parse(iso)) / 1000);
  const readLine = read === null ? 'not read since the start' : `everything read ${age(read)} ago`;
  const stale = staleSince === null ? [] : [`what was known at ${clock(staleSince, now)} is served`];
  if (attached && since !== null)
    return {
      mood: staleSince === null ? 'good' : 'bad',
      value: `Followed for ${age(since)}`,
      more: [`${url ?? ''} since ${clock(since, now)}`, readLine, ...stale],
    };
  const isPolled = since === null && read !== null && staleSince === null;
  const lastHeard = since === null ? [] : [`last heard at ${clock(since, now)}`];
  return {
    mood: isPolled ? 'good' : 'bad',
    value: isPolled ? 'Polled' : 'No event stream',
    more: [why ?? '', ...lastHeard, readLine, ...stale],
  };
}

const HAPROXY = {
  'as-wanted': ['good', 'Runs what is wanted'],
  behind: ['good', 'Is being changed'],
  stuck: ['bad', 'A change is stuck'],
  failed: ['bad', 'Does not run what is wanted'],
  'nothing-yet': ['warn', 'Has nothing to run yet'],
} as const satisfies Record<LiveStatus['haproxy']['state'], readonly [Mood, string]>;

function haproxyTile({ status }: Standing, now: Date): Tile {
  if (status === undefined) return ASKED;
  const { state, why, up, changed } = status.haproxy;
  const [mood, value] = HAPROXY[state];
  const changedLine = changed === null ? 'no change since the daemon was started' : `last changed at ${clock(changed, now)}`;
  return {
    mood: up && status.unbound.length === 0 ? mood : 'bad',
    value: up ? value : 'Does not serve',
    more: [...(why === null ? [] : [why]), ...status.unbound, changedLine],
  };
}

function serversTile({ status, stats }: Standing): Tile {
  if (status === undefined) return ASKED;
  const known = `${counted(status.apps, 'app')}, ${counted(status.tasks, 'task')}`;
  if (typeof stats !== 'object') return { mood: 'unknown', value: 'Not known', more: [...(stats === undefined ? [] : [stats]), known] };
  const { up, down, draining, checking } = stats.totals;
  const rest = [
    [draining, 'draining'],
    [checking, 'waiting for a check'],
  ] as const;
  const others = rest.flatMap(([count, word]) => (count > 0 ? [`${counted(count, 'server')} ${word}`] : []));
  return {
    mood: down > 0 ? 'warn' : 'good',
    value: `${up.toLocaleString('en')} up, ${down.toLocaleString('en')} down`,
    more: [...others, known],
  };
}

function problemsTile({ status, problems: { critical, all } }: Standing): Tile {
  if (status === undefined) return ASKED;
  if (all === 0) return { mood: 'good', value: 'None', more: ['nothing is wrong with an app'] };
  return {
    mood: critical > 0 ? 'bad' : 'warn',
    value: all.toLocaleString('en'),
    more: [critical > 0 ? `${critical.toLocaleString('en')} of them critical` : 'none of them critical'],
  };
}
