import { makeAlarm } from './wake-ups.ts';
import { askStatus, resync } from './resync.ts';
import { chooseCertificates, type Chosen } from '../certificates/choose.ts';
import type { Reply } from './control.ts';
import type { Drive } from '../drive/parts.ts';
import type { Gently } from '../process/stop.ts';
import type { OwnProcess } from '../process/process.ts';
import { CertificateJudge } from './open-certificates.ts';
import { openDns } from './open-dns.ts';
import { openDrive, reach, type Reached } from './open-haproxy.ts';
import { openMarathon, openSource } from './open-marathon.ts';
import { findRelease, warnOfAge } from './find-release.ts';
import { endingWith } from '../lib/ending-with.ts';
import type { Environment } from '../lib/environment.ts';
import { FILES_MS, inTime } from '../lib/in-time.ts';
import { makeInbox } from '../lib/inbox.ts';
import type { Logger } from '../lib/logger.ts';
import { sentence } from '../lib/sentence.ts';
import { loop, type Loop } from '../core/loop.ts';
import { openKeeper, readMemory, restoreLater } from './open-saved.ts';
import { loadMiddle } from './load-derive.ts';
import type { Certificates } from '../model/certificates.ts';
import type { News } from '../model/news.ts';
import type { Settings } from '../options/options.ts';
import { makeProblemLog } from './problem-log.ts';
import { makeAbsorb } from '../snapshot/absorb.ts';
import { memoryOf } from '../snapshot/health.ts';
import { startState } from '../snapshot/state.ts';
import type { Client } from '../source/client.ts';
import type { Status } from './status.ts';
import type { Surroundings } from './surroundings.ts';
import { drivenBy, makeViews } from './views.ts';
import { watch } from './watch-haproxy.ts';

/** What a run is given from outside. */
export interface Run {
  readonly settings: Settings;
  readonly env: Environment;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** How our own HAProxy ends with the daemon, asked when the daemon ends; where it is undefined HAProxy serves on. */
  readonly haproxyEnds?: () => 'at once' | Gently | undefined;
}

/** What can be asked of a daemon while it runs. */
export interface Daemon {
  /** Reads everything again and tells how HAProxy came to have it. Never rejects. */
  resync(reason: string): Promise<Reply>;
  /** How far it is in step. */
  status(): Promise<Status>;
  /** HAProxy reads its file again, as it is. */
  reload(): void;
  readonly ended: Promise<void>;
}

type Mode = Run & { readonly follow: boolean };

/** A look at a candidate, and a reload, each have a deadline that is shorter. */
const IDLE_MS = 180_000;

/** Everything connected, for as long as `work` takes. */
export async function withDaemon<Result>(run: Mode, work: (daemon: Daemon) => Promise<Result>): Promise<Result> {
  const ending = new AbortController();
  const client = await openMarathon(run.settings, run.env);
  const { own, idle, ...daemon } = await connect({ ...run, signal: endingWith(run.signal, ending.signal) }, client).catch(
    async (error: unknown) => {
      ending.abort();
      await client.close();
      throw error;
    },
  );
  try {
    return await work(daemon);
  } finally {
    ending.abort();
    await daemon.ended.catch(() => undefined); // whoever waits for it has heard
    await client.close();
    await inTime(idle(), { ms: IDLE_MS, what: 'what was being written' }).catch((error: unknown) => {
      run.log.error({ reason: sentence(error) }, 'the daemon ends all the same');
    });
    if (own !== undefined) await endHaproxy(own, run);
  }
}

/** Ends HAProxy where the run says so, with a line before and after it for whoever waits. */
async function endHaproxy(own: OwnProcess, { log, haproxyEnds }: Run): Promise<void> {
  const how = haproxyEnds?.();
  if (how === undefined) return;
  if (how === 'at once') return own.stop();
  const { delayMs, finishMs } = how;
  log.info(
    { healthPageRedForS: delayMs / 1000, thenAtMostS: finishMs / 1000 },
    'HAProxy ends: its health page turns red, then it takes no new connection and finishes those it has',
  );
  await own.stop(how);
  log.info({}, 'HAProxy has ended');
}

async function connect(run: Mode, client: Client): Promise<Daemon & Pick<Reached, 'own'> & Pick<Drive, 'idle'>> {
  const { settings, log, signal } = run;
  const inbox = makeInbox<News>(signal);
  const { tell } = inbox;
  const surroundings: Surroundings = { settings, log, signal, tell };
  const { known, chosen, start, derive } = await begin(run);
  const dns = await openDns({ ...surroundings, follow: run.follow });
  const reached = reach({ ...surroundings, env: run.env });
  const views = makeViews();
  const drive = openDrive(reached, { ...surroundings, ...drivenBy(views, tell) });
  const source = openSource(client, surroundings, run.follow);
  const keeper = openKeeper(surroundings);
  const certificates = new CertificateJudge({ ...surroundings, chosen, drive });
  const looping = loop({
    inbox,
    start,
    absorb: makeAbsorb({ massRemovalHoldMs: settings.massRemovalHold * 1000 }),
    derive,
    consumers: [
      views.see,
      makeProblemLog(log),
      ...makeConsumers({ certificates, keeper, alarm: makeAlarm({ ...surroundings, source }) }),
      dns.see,
    ],
  });
  if (known !== undefined && run.follow) restoreLater(known, surroundings);
  const watching = run.follow ? [watch({ reached, drive, view: views.latest, surroundings }), certificates.watch()] : [];
  return {
    resync: (reason) => resync({ source, certificates, drive, reason, views }),
    status: () => askStatus({ source, drive, settings, views }),
    reload: () => {
      drive.reloadAsItIs();
    },
    ended: Promise.all([source.ended, looping, ...watching, dns.ended]).then(() => undefined),
    own: reached.own,
    idle: () => Promise.all([drive.idle(), keeper.end()]).then(() => undefined),
  };
}

interface Consuming {
  readonly certificates: CertificateJudge;
  readonly keeper: ReturnType<typeof openKeeper>;
  readonly alarm: ReturnType<typeof makeAlarm>;
}

function makeConsumers({ certificates, keeper, alarm }: Consuming): Loop['consumers'] {
  return [
    (view) => {
      certificates.see(view);
    },
    (view, _news, { sentAt }) => {
      keeper.see({ ...view, sentAt });
    },
    (_view, _news, state) => {
      alarm(state);
    },
  ];
}

/** What is known at the start, and how views are made of what comes. */
async function begin({ settings, env, log, follow }: Mode) {
  const known = await readMemory(settings, log);
  const memory = known && memoryOf(known.snapshot);
  const choosing = chooseCertificates({ wanted: settings.sslCerts, env, stateDir: settings.stateDir });
  const chosen = await inTime(choosing, { ms: FILES_MS, what: 'reading the certificates of --ssl-certs' });
  // One pass has nobody who would read again: what it reads is believed.
  const left = { memory, before: follow ? known : undefined, certificates: certificatesOf(chosen) };
  const release = await findRelease(settings, env);
  warnOfAge(release, settings, log);
  const start = startState(release, left);
  const making = loadMiddle({ settings, env });
  return { known, chosen, start, derive: await inTime(making, { ms: FILES_MS, what: 'reading the templates of --templates-dir' }) };
}

function certificatesOf({ files, problems, contents }: Chosen): Certificates {
  return { files, problems, contents, named: [] };
}
