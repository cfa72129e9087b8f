import { makeAlarm } from './wake-ups.ts';
import { makeDnsAdmin, makeDnsMetrics } from './dns-admin.ts';
import { dnsMeter, requestMeter } from './figures.ts';
import { openDns } from './open-dns.ts';
import { openMarathon, openSource } from './open-marathon.ts';
import type { Metrics } from '../admin/metrics.ts';
import { now } from '../lib/clock.ts';
import { endingWith } from '../lib/ending-with.ts';
import { makeInbox } from '../lib/inbox.ts';
import { loop } from '../core/loop.ts';
import type { News } from '../model/news.ts';
import type { Problem } from '../model/problem.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { makeProblemLog } from './problem-log.ts';
import { makeAbsorb } from '../snapshot/absorb.ts';
import { startState, type State } from '../snapshot/state.ts';
import { marathonProblems } from '../snapshot/marathon-problems.ts';
import { shown } from '../source/auth.ts';
import type { Client } from '../source/client.ts';
import type { RunInputs } from './surroundings.ts';

/** What can be asked of a daemon that only answers DNS. */
interface DnsDaemon {
  /** Reads everything again. */
  readonly resync: (reason: string) => void;
}

/** Follows Marathon and answers DNS until the signal aborts. Rejects at once for a fault that does not go away by itself. */
export async function dnsAlone(run: RunInputs, started: (daemon: DnsDaemon) => void): Promise<void> {
  const ending = new AbortController();
  const metrics = makeDnsMetrics();
  const client = await openMarathon(run.settings, run.env, requestMeter(metrics));
  try {
    const { ended, resync } = await connect({ ...run, signal: endingWith(run.signal, ending.signal) }, client, metrics);
    run.log.info({ marathon: run.settings.marathon.map((url) => shown(new URL(url))) }, 'following Marathon, for DNS only');
    started({ resync });
    await ended;
  } finally {
    ending.abort();
    await client.close();
  }
}

async function connect(run: RunInputs, client: Client, metrics: Metrics): Promise<DnsDaemon & { readonly ended: Promise<unknown> }> {
  const inbox = makeInbox<News>(run.signal);
  const { tell, drained } = inbox;
  const dns = await openDns({ ...run, now, follow: true, meter: dnsMeter(metrics) });
  const source = openSource(client, { ...run, tell, drained, now }, true);
  const admin = makeDnsAdmin({ ...run, now }, metrics);
  await admin.open(source);
  const resync = (reason: string): void => {
    source.resync(reason).catch(() => undefined); // the source logs the error
  };
  const looping = loop({
    inbox,
    start: startState(NO_HAPROXY),
    absorb: makeAbsorb({ massRemovalHoldMs: run.settings.massRemovalHold * 1000 }),
    derive,
    consumers: [dns.see, admin.see, makeProblemLog(run.log), makeAlarm({ source, tell, now, signal: run.signal })],
  });
  return { resync, ended: Promise.all([source.ended, looping, dns.ended]) };
}

/** No file is written for HAProxy, so its release does not matter. */
const NO_HAPROXY: State['release'] = { major: 0, minor: 0 };

/** What DNS names are made from, and the Problems to report. */
interface Names {
  readonly snapshot: Snapshot;
  readonly problems: readonly Problem[];
}

function derive({ sentAt, snapshot, held, staleSince, unread }: State): Names | undefined {
  if (sentAt === undefined) return undefined;
  return { snapshot, problems: [...marathonProblems({ held, staleSince, unread }), ...snapshot.problems] };
}
