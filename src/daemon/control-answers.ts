import { hostname } from 'node:os';
import type { Condition } from '../admin/health.ts';
import type { LiveStatus } from '../admin/live-status.ts';
import type { ControlReply } from './control.ts';
import type { Drive } from '../drive/drive.ts';
import type { Outcome } from '../drive/outcome.ts';
import type { CertificateJudge } from './open-certificates.ts';
import type { Gate } from './gate.ts';
import { sentence } from '../lib/sentence.ts';
import type { View } from '../model/view.ts';
import type { Source } from '../source/source.ts';
import { lastSync } from './last-sync.ts';
import { statusOf, type Status } from './status.ts';
import type { Surroundings } from './surroundings.ts';
import type { Views } from './shown-views.ts';
import type { Watch } from './watch-haproxy.ts';
import { stuckOf } from './watch-waiting.ts';

/** The parts of a daemon that its answers are made from. */
export interface Informants extends Pick<Surroundings, 'settings' | 'drained' | 'now'> {
  readonly source: Source;
  readonly drive: Drive;
  readonly views: Views;
  readonly certificates: Pick<CertificateJudge, 'idle'>;
  readonly gate: Pick<Gate, 'opened'>;
  readonly watched: Pick<Watch, 'silent'>;
}

/** Whether everything is in step now. */
export function answerStatus({ source, drive, views, settings, watched, now }: Informants): Status {
  return statusOf({
    view: views.latest(),
    running: drive.running(),
    sentAt: views.state()?.sentAt,
    at: now(),
    everySeconds: settings.poll ?? settings.resyncInterval,
    stream: source.stream(),
    outcome: drive.outcome(),
    stuck: stuckOf(drive, settings),
    silent: watched.silent(),
  });
}

/** How far the daemon is, for health. */
export function answerCondition(informants: Informants): Condition {
  const { source, drive, views, settings, watched, now } = informants;
  const { haproxy, unbound } = answerStatus(informants);
  const view = views.latest();
  return {
    at: now(),
    syncedAt: lastSync({ sentAt: views.state()?.sentAt, spans: source.heard(), unread: view?.unread }),
    staleSince: view?.unread?.known ?? view?.staleSince,
    maxStalenessMs: Math.max(settings.maxStaleness, 2 * (settings.poll ?? 0)) * 1000,
    isUp: drive.isUp(),
    silent: watched.silent(),
    haproxy,
    unbound,
  };
}

/** When the daemon was started, and when HAProxy last took a change, in ms since 1970. */
interface Life {
  readonly version: string;
  readonly started: number;
  readonly changed: number | undefined;
}

/** Whether everything is in step, as the page shows it. */
export function answerLive(informants: Informants, { version, started, changed }: Life): LiveStatus {
  const { source, drive, now } = informants;
  const { ok, text, stream, synced, staleSince, haproxy, unbound, apps, tasks, problems } = answerStatus(informants);
  const heard = source.heard().at(-1);
  return {
    at: iso(now()),
    version,
    machine: hostname(),
    started: iso(started),
    ok,
    text,
    marathon: {
      attached: stream.attached,
      url: stream.attached ? stream.url : null,
      why: stream.attached ? null : stream.why,
      since: heard === undefined ? null : iso(stream.attached ? heard.since : heard.last),
      read: synced,
      staleSince,
    },
    haproxy: { state: haproxy.state, why: haproxy.why ?? null, up: drive.isUp(), changed: changed === undefined ? null : iso(changed) },
    unbound,
    apps,
    tasks,
    problems,
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Why HAProxy does not run what is wanted of it; undefined when it does. */
export function answerLack(parts: Informants): string | undefined {
  const { ok, text } = answerStatus(parts);
  return ok ? undefined : text;
}

/** Reads everything again and says how HAProxy got it. Never rejects. */
export async function answerResync(
  { source, drive, views, certificates, gate, drained }: Informants,
  reason: string,
): Promise<ControlReply> {
  try {
    await source.resync(reason);
    await drained();
    await certificates.idle();
    await gate.opened;
    return withHeld(describe(await drive.settled()), views.latest());
  } catch (error) {
    return { ok: false, text: sentence(error) };
  }
}

const OUTCOMES = {
  reload: 'HAProxy has loaded what Marathon said',
  commands: 'HAProxy has accepted what Marathon said, without a reload',
  nothing: 'HAProxy runs what Marathon said',
};

/** While losses are held, HAProxy still serves tasks that Marathon no longer lists, so it does not serve what Marathon said. */
function withHeld(reply: ControlReply, view: View | undefined): ControlReply {
  const held = view?.problems.find(({ code }) => code === 'losses-held');
  return reply.ok && held !== undefined ? { ok: false, text: `${held.message}; ${held.hint}` } : reply;
}

function describe(outcome: Outcome): ControlReply {
  if (!outcome.ok) return { ok: false, text: outcome.why };
  return { ok: true, text: OUTCOMES[outcome.by] };
}
