import { json, type RouteAnswer, type AdminRoute } from './route.ts';

/** How far the daemon is, as health is judged by it. Times in ms since 1970. */
export interface Condition {
  /** Now. */
  readonly at: number;
  /** When what is known of Marathon was last right, since this start: a full read, or the last word of the stream that was attached before it. */
  readonly syncedAt: number | undefined;
  /** When what serves was known, where Marathon can't be read. */
  readonly staleSince: number | undefined;
  /** In milliseconds. */
  readonly maxStalenessMs: number;
  /** Whether HAProxy runs what it was given last and has confirmed, in this run or an earlier one. */
  readonly isUp: boolean;
  /** That HAProxy runs and does not answer, in a sentence. */
  readonly silent: string | undefined;
  /** Whether HAProxy runs what is wanted of it. */
  readonly haproxy: { readonly state: 'as-wanted' | 'behind' | 'stuck' | 'failed' | 'nothing-yet'; readonly why?: string };
  /** Why not all ports that the operator asked for are bound. */
  readonly unbound: readonly string[];
}

/** A reason why something is not healthy: a word for programs, a sentence for people. */
export interface HealthReason {
  readonly code: 'no-haproxy' | 'haproxy-silent' | 'unbound' | 'not-read' | 'stale' | 'not-as-wanted';
  readonly text: string;
}

/** What a health endpoint answers. */
export interface HealthAnswer {
  readonly ok: boolean;
  /** None when it is healthy. */
  readonly reasons: readonly HealthReason[];
}

/** The same, with how old what is known is. */
export interface SyncHealth extends HealthAnswer {
  /** ISO 8601 in UTC; null before the first read. */
  readonly synced: string | null;
  readonly ageSeconds: number | null;
  readonly maxStalenessSeconds: number;
  readonly haproxy: Condition['haproxy']['state'];
}

/** Whether HAProxy serves: it runs what it has confirmed last, and every port of the load balancer's own is bound. */
export function readyOf({ isUp, silent, unbound }: Pick<Condition, 'isUp' | 'silent' | 'unbound'>): HealthAnswer {
  const reasons: readonly HealthReason[] = [
    ...upOf(isUp),
    ...(silent === undefined ? [] : [{ code: 'haproxy-silent', text: silent } as const]),
    ...unbound.map((text) => ({ code: 'unbound', text }) as const),
  ];
  return { ok: reasons.length === 0, reasons };
}

function upOf(isUp: boolean): readonly HealthReason[] {
  return isUp ? [] : [{ code: 'no-haproxy', text: 'HAProxy does not run, or has not confirmed a configuration yet' }];
}

/** Whether what HAProxy runs is what Marathon says now. A change that is on its way, and not stuck, is no reason against it. */
export function syncOf(condition: Condition): SyncHealth {
  const { at, syncedAt, maxStalenessMs, isUp, haproxy } = condition;
  const age = syncedAt === undefined ? undefined : Math.max(0, at - syncedAt);
  const reasons = [...stalenessOf(condition, age), ...upOf(isUp), ...lackOf(haproxy)];
  return {
    ok: reasons.length === 0,
    reasons,
    synced: syncedAt === undefined ? null : iso(syncedAt),
    ageSeconds: age === undefined ? null : Math.round(age / 1000),
    maxStalenessSeconds: maxStalenessMs / 1000,
    haproxy: haproxy.state,
  };
}

function stalenessOf(
  { staleSince, maxStalenessMs }: Pick<Condition, 'staleSince' | 'maxStalenessMs'>,
  age: number | undefined,
): readonly HealthReason[] {
  const serves = staleSince === undefined ? '' : `, what was known at ${iso(staleSince)} serves`;
  if (age === undefined) return [{ code: 'not-read', text: `Marathon was not read since this start${serves}` }];
  if (age <= maxStalenessMs) return [];
  const text = `what is known of Marathon is ${Math.round(age / 1000)} s old, and --max-staleness is ${maxStalenessMs / 1000} s${serves}`;
  return [{ code: 'stale', text }];
}

function lackOf({ state, why }: Condition['haproxy']): readonly HealthReason[] {
  if (state === 'as-wanted' || state === 'behind') return [];
  if (state === 'nothing-yet') return [{ code: 'not-as-wanted', text: 'nothing is wanted of HAProxy yet' }];
  return [{ code: 'not-as-wanted', text: `HAProxy does not run what Marathon says: ${why ?? 'it is tried again'}` }];
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** The health endpoints. `condition`: how far the daemon is now. */
export function healthRoutes(condition: () => Promise<Condition>): readonly AdminRoute[] {
  return [
    { method: 'GET', path: '/health/live', answer: () => answerOf({ ok: true, reasons: [] }) }, // whoever answers lives
    { method: 'GET', path: '/health/ready', answer: async () => answerOf(readyOf(await condition())) },
    { method: 'GET', path: '/health/sync', answer: async () => answerOf(syncOf(await condition())) },
  ];
}

/** How far a name server without HAProxy is. */
export type DnsCondition = Pick<Condition, 'at' | 'syncedAt' | 'maxStalenessMs'>;

/** The health endpoints of a name server without HAProxy: ready once Marathon was read, so that names have answers. */
export function dnsHealthRoutes(condition: () => DnsCondition): readonly AdminRoute[] {
  return [
    { method: 'GET', path: '/health/live', answer: () => answerOf({ ok: true, reasons: [] }) },
    { method: 'GET', path: '/health/ready', answer: () => answerOf(dnsHealthOf({ ...condition(), maxStalenessMs: Infinity })) },
    {
      method: 'GET',
      path: '/health/sync',
      answer: () => {
        const { at, syncedAt, maxStalenessMs } = condition();
        const age = syncedAt === undefined ? null : Math.round(Math.max(0, at - syncedAt) / 1000);
        const synced = syncedAt === undefined ? null : iso(syncedAt);
        const health = dnsHealthOf({ at, syncedAt, maxStalenessMs });
        return json({ ...health, synced, ageSeconds: age, maxStalenessSeconds: maxStalenessMs / 1000 }, health.ok ? 200 : 503);
      },
    },
  ];
}

function dnsHealthOf({ at, syncedAt, maxStalenessMs }: DnsCondition): HealthAnswer {
  const age = syncedAt === undefined ? undefined : Math.max(0, at - syncedAt);
  const reasons = stalenessOf({ staleSince: undefined, maxStalenessMs }, age);
  return { ok: reasons.length === 0, reasons };
}

function answerOf(health: HealthAnswer): RouteAnswer {
  return json(health, health.ok ? 200 : 503);
}
