import type { ControlReply } from './control.ts';
import type { Waiting } from '../drive/drive.ts';
import { servedBySpares } from '../haproxy/spares.ts';
import type { Running } from '../model/document.ts';
import type { Outcome } from '../drive/outcome.ts';
import type { View } from '../model/view.ts';
import type { Attachment } from '../source/source.ts';

/** The answer to `{"ask":"status"}`. `text` says it in a sentence. */
export interface Status extends ControlReply {
  /** When the last full read that counts was sent, as ISO 8601 in UTC; null before the first. */
  readonly synced: string | null;
  readonly ageSeconds: number | null;
  /** The age, in seconds, from which on the daemon is not in step. */
  readonly ageLimitSeconds: number;
  readonly stream: Attachment;
  /** When the served state was last known to be true, as ISO 8601 in UTC; null unless Marathon can't be read. */
  readonly staleSince: string | null;
  readonly apps: number;
  readonly tasks: number;
  readonly problems: number;
  /** Whether HAProxy runs what is wanted. */
  readonly haproxy: { readonly state: 'as-wanted' | 'behind' | 'stuck' | 'failed' | 'nothing-yet'; readonly why?: string };
  /** The backends of ports that spare backends serve until the next reload, by the name of the spare one. */
  readonly spares: Readonly<Record<string, string>>;
  /** Why some of the operator's ports are not bound, as sentences; empty when all are bound. */
  readonly unbound: readonly string[];
}

interface Seen {
  readonly view: View | undefined;
  /** What HAProxy runs; undefined while that is not known. */
  readonly running?: Pick<Running, 'document'> | undefined;
  /** When the last full read was sent, in ms since 1970. */
  readonly sentAt: number | undefined;
  /** Now, in ms since 1970. */
  readonly at: number;
  /** The time between two full reads when all is well, in seconds. */
  readonly everySeconds: number;
  readonly stream: Attachment;
  /** The outcome of the latest wanted document; undefined while it is pending. */
  readonly outcome: Outcome | undefined;
  /** A change that has been waiting too long, and what it waits for. */
  readonly stuck?: Waiting | undefined;
  /** A sentence when our HAProxy runs but does not answer. */
  readonly silent?: string | undefined;
}

/**
 * The status of a daemon. It is in step when it has read Marathon within twice the time between two reads, and HAProxy runs what is wanted or is
 * being updated.
 */
export function statusOf({ view, running, sentAt, at, everySeconds, stream, ...driven }: Seen): Status {
  const age = sentAt === undefined ? undefined : Math.max(0, Math.round((at - sentAt) / 1000));
  const ageLimitSeconds = 2 * everySeconds;
  const stale = view?.unread?.known ?? view?.staleSince;
  const haproxy = haproxyOf(view, driven);
  const unbound = view?.unbound ?? [];
  const lacks = lackOf({ age, ageLimitSeconds, haproxy, stale, unbound });
  return {
    ok: lacks === undefined,
    text: lacks ?? `in step: Marathon was read ${age ?? 0} s ago`,
    synced: sentAt === undefined ? null : iso(sentAt),
    ageSeconds: age ?? null,
    ageLimitSeconds,
    stream,
    staleSince: stale === undefined ? null : iso(stale),
    apps: view?.snapshot.apps.length ?? 0,
    tasks: view?.snapshot.apps.reduce((sum, { tasks }) => sum + tasks.length, 0) ?? 0,
    problems: view?.problems.length ?? 0,
    haproxy,
    spares: sparesOf(view, running),
    unbound,
  };
}

/** Those that serve a port that is wanted still; one whose port is gone has only its last servers. */
function sparesOf(view: View | undefined, running: Seen['running']): Status['spares'] {
  const served = servedBySpares(running?.document ?? { maps: {} });
  if (served.size === 0) return {};
  const wanted = new Set(view?.services.map(({ front }) => front.name));
  return Object.fromEntries([...served].filter(([, backend]) => wanted.has(backend)));
}

function haproxyOf(view: View | undefined, { outcome, stuck, silent }: Pick<Seen, 'outcome' | 'stuck' | 'silent'>): Status['haproxy'] {
  if (view === undefined) return { state: 'nothing-yet' };
  if (silent !== undefined) return { state: 'failed', why: silent };
  if (stuck !== undefined) return { state: 'stuck', why: describeWaiting(stuck) };
  if (outcome === undefined) return { state: 'behind' };
  return outcome.ok ? { state: 'as-wanted' } : { state: 'failed', why: outcome.why };
}

/** For example 'a change has been waiting for 12 s, for HAProxy to confirm the reload'. */
export function describeWaiting({ forMs, what }: Waiting): string {
  return `a change has been waiting for ${Math.round(forMs / 1000)} s, for ${what}`;
}

interface SyncFacts extends Pick<Status, 'ageLimitSeconds' | 'haproxy' | 'unbound'> {
  readonly age: number | undefined;
  readonly stale: number | undefined;
}

/** Why the daemon is not in step, as a sentence; undefined when it is. */
function lackOf({ age, ageLimitSeconds, haproxy, stale, unbound }: SyncFacts): string | undefined {
  if (age === undefined)
    return `Marathon was not read since this start, ${stale === undefined ? 'and nothing is known' : `so what was known at ${iso(stale)} is served`}`;
  if (age > ageLimitSeconds)
    return `Marathon was read ${age} s ago, which is longer than twice the time between two reads (${ageLimitSeconds} s)`;
  if (haproxy.state === 'failed' || haproxy.state === 'stuck')
    return `HAProxy does not run what Marathon said: ${haproxy.why ?? 'the change is tried again'}`;
  return unbound.length > 0 ? `not all ports of the load balancer are bound: ${unbound.join('; ')}` : undefined;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** The status as text for people, one line for each fact. */
export function describeStatus({ text, stream, apps, tasks, problems, haproxy, spares, synced, staleSince }: Status): string {
  const lines = [
    text,
    `last full read of Marathon: ${synced ?? 'none'}${staleSince === null ? '' : `; Marathon can't be read now, what was known at ${staleSince} is served`}`,
    stream.attached ? `event stream: of ${stream.url}` : `event stream: none, ${stream.why}`,
    `known: ${apps} apps, ${tasks} tasks, ${problems} problems`,
    `HAProxy: ${HAPROXY[haproxy.state]}${haproxy.why === undefined ? '' : `, ${haproxy.why}`}`,
    ...sparesInWords(spares),
  ];
  return `${lines.join('\n')}\n`;
}

/** So many ports in spare backends are named. */
const MOST = 5;

function sparesInWords(spares: Status['spares']): readonly string[] {
  const all = Object.entries(spares).map(([spare, backend]) => `${backend} (by ${spare})`);
  if (all.length === 0) return [];
  const more = all.length > MOST ? ` and ${all.length - MOST} more` : '';
  return [`spare backends serve until the next reload: ${all.slice(0, MOST).join(', ')}${more}`];
}

const HAPROXY = {
  'as-wanted': 'runs what Marathon said',
  stuck: 'does not run what Marathon said yet',
  behind: 'is being brought to what Marathon said',
  failed: 'does not run what Marathon said',
  'nothing-yet': 'has nothing to run yet',
} as const satisfies Record<Status['haproxy']['state'], string>;
