import { makeAlarm } from './wake-ups.ts';
import { answerCondition, answerLack, answerLive, answerResync, answerStatus } from './control-answers.ts';
import { now } from '../lib/clock.ts';
import { type ChosenAtStart } from '../certificates/choose.ts';
import type { AdminParts } from './open-admin.ts';
import type { ControlReply } from './control.ts';
import type { Drive } from '../drive/drive.ts';
import type { Gently } from '../process/stop.ts';
import { AFTER_RELOAD_MS, RELOAD_MS } from '../process/own-haproxy.ts';
import type { OwnProcess } from '../process/process.ts';
import { makeGate } from './gate.ts';
import { CertificateJudge } from './open-certificates.ts';
import { openDns } from './open-dns.ts';
import { openDrive } from './open-haproxy.ts';
import { openMarathon, openSource } from './open-marathon.ts';
import { endingWith } from '../lib/ending-with.ts';
import { inTime, within } from '../lib/deadline.ts';
import { packageVersion } from '../lib/package-version.ts';
import { makeInbox } from '../lib/inbox.ts';
import { sentence } from '../lib/sentence.ts';
import { loop, type Consumer } from '../core/loop.ts';
import { openKeeper, restoreLater } from './open-saved.ts';
import type { News } from '../model/news.ts';
import { makeProblemLog } from './problem-log.ts';
import { openRecorder, type Recorder } from './recorder.ts';
import { dnsMeter, makeSample, reporting, requestMeter } from './figures.ts';
import { openFigures } from './open-figures.ts';
import { openWorkers } from './open-workers.ts';
import { makeFiguresBook } from '../admin/figures.ts';
import { makeOverview } from '../admin/overview.ts';
import { tellMemory } from './memory.ts';
import { makeMetrics, type Metrics } from '../admin/metrics.ts';
import { makeAbsorb } from '../snapshot/absorb.ts';
import type { Client } from '../source/client.ts';
import type { Status } from './status.ts';
import type { RunInputs, Surroundings } from './surroundings.ts';
import { reach, type Reached } from './reach-haproxy.ts';
import { drivenBy, makeViews } from './shown-views.ts';
import { watch } from './watch-haproxy.ts';
import { watchWaiting } from './watch-waiting.ts';
import { begin, remember } from './first-state.ts';

/**
 * How our own HAProxy ends together with the daemon; called when the daemon ends. When it is left out or returns undefined, HAProxy keeps serving.
 */
export interface HaproxyEnd {
  readonly haproxyEnds?: () => 'at once' | Gently | undefined;
}

/** What can be asked of a running daemon. */
export interface Daemon {
  /** Reads everything again and says how HAProxy got it. Never rejects. */
  resync(reason: string): Promise<ControlReply>;
  /** Whether the daemon is in step with Marathon and HAProxy. */
  status(): Promise<Status>;
  /** Makes HAProxy load its file again as it is. */
  reload(): void;
  /** What the admin side answers from. */
  readonly admin: AdminParts;
  readonly ended: Promise<void>;
}

/** What differs between one pass and the daemon. */
export interface Connected extends RunInputs, HaproxyEnd {
  /** True to follow Marathon until the signal aborts; false to read Marathon only when asked. */
  readonly follow: boolean;
}

/** How long the daemon's end may take, in milliseconds. A reload that has begun is waited for; a mount that hangs is not. */
const END_MS = RELOAD_MS + AFTER_RELOAD_MS + 5_000;

/** Connects all parts of a daemon for as long as `work` takes, and closes them afterwards. */
export async function withDaemon<Result>(run: Connected, work: (daemon: Daemon) => Promise<Result>): Promise<Result> {
  const ending = new AbortController();
  const metrics = makeMetrics();
  const client = await openMarathon(run.settings, run.env, requestMeter(metrics));
  const { own, idle, ...daemon } = await connect({ ...run, signal: endingWith(run.signal, ending.signal) }, client, metrics).catch(
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
    const ended = daemon.ended.catch(() => undefined); // the error has already been reported to whoever waits for `ended`
    const quiet = ended.then(() => client.close()).then(() => idle());
    await inTime(quiet, { ms: END_MS, what: 'finishing the work in progress', log: run.log }).catch((error: unknown) => {
      run.log.error({ reason: sentence(error) }, 'the daemon ends without waiting any longer');
    });
    if (own !== undefined) await endHaproxy(own, run);
  }
}

/** Ends HAProxy when the run asks for it, with a log line before and after. */
async function endHaproxy(own: OwnProcess, { log, haproxyEnds }: Connected): Promise<void> {
  const how = haproxyEnds?.();
  if (how === undefined) return;
  if (how === 'at once') return own.stop();
  const { delayMs, finishMs } = how;
  log.info(
    { healthPageRedForS: delayMs / 1000, thenAtMostS: finishMs / 1000 },
    'ending HAProxy: its health page turns red, then it accepts no new connections and finishes the open ones',
  );
  await own.stop(how);
  log.info({}, 'HAProxy has ended');
}

async function connect(run: Connected, client: Client, metrics: Metrics): Promise<Daemon & Pick<Reached, 'own'> & Pick<Drive, 'idle'>> {
  const { settings, signal, follow } = run;
  const inbox = makeInbox<News>(signal);
  const recorder = await openRecorder(run, metrics);
  const surroundings = { ...run, tell: inbox.tell, drained: inbox.drained, now, recorder };
  const { chosen, derive } = await begin(run);
  const parts = await openParts(surroundings, client, chosen);
  const { source, certificates, drive, keeper, reached, watched, dns } = parts;
  const { saved, start } = await remember(run, chosen);
  const absorb = reporting(makeAbsorb({ massRemovalHoldMs: settings.massRemovalHold * 1000 }), recorder.absorbed);
  const looping = loop({ inbox, start, absorb, derive, consumers: consumersOf(parts) });
  if (saved !== undefined && follow) restoreLater(saved, surroundings);
  const watching = follow ? [watched.run(), watchWaiting(drive, surroundings), certificates.watch()] : [];
  return {
    resync: (reason) => answerResync(parts, reason),
    status: () => Promise.resolve(answerStatus(parts)),
    reload: () => {
      drive.reloadAsItIs();
    },
    admin: adminPartsOf(parts),
    ended: Promise.all([source.ended, looping, ...watching, dns.ended]).then(() => undefined),
    own: reached.own,
    idle: () => Promise.all([drive.idle().then(recorder.end), keeper.end()]).then(() => undefined),
  };
}

/** What the admin side answers from. */
function adminPartsOf(parts: OpenedParts): AdminParts {
  const { drive, views, recorder, reached, settings, now: clock } = parts;
  const [started, version] = [clock(), packageVersion()];
  return {
    status: () => answerLive(parts, { version, started, changed: recorder.appliedAt() }),
    figures: makeFiguresBook({ ask: openFigures(settings), running: () => drive.running(), now: clock }),
    overview: makeOverview({ view: views.latest, run: String(Math.round(started)) }),
    condition: () => Promise.resolve(answerCondition(parts)),
    view: views.latest,
    running: () => drive.running(),
    lack: () => answerLack(parts),
    memory: () => {
      const state = views.state();
      return state && tellMemory(state);
    },
    history: recorder.history,
    metrics: recorder.metrics,
    sample: makeSample(parts),
    hub: recorder.hub,
    workers: openWorkers(settings),
    pids: () => reached.master?.pids() ?? Promise.resolve([]),
    resync: (by) => answerResync(parts, `asked for by ${by}`),
    reload: () => {
      drive.reloadAsItIs();
    },
  };
}

/** All consumers of the View. HAProxy comes first, behind its gate. */
function consumersOf({ views, gate, certificates, log, recorder, keeper, alarm, dns }: OpenedParts): readonly Consumer[] {
  return [
    views.see, // not a consumer itself: records the view of each document, which HAProxy's part looks up
    gate.see, // HAProxy
    (view) => {
      certificates.see(view);
    },
    makeProblemLog(log),
    recorder.see,
    (view, { sentAt, holders }) => {
      keeper.see({ ...view, sentAt, holders });
    },
    alarm,
    dns.see,
  ];
}

type OpenedParts = Awaited<ReturnType<typeof openParts>>;

async function openParts(
  surroundings: Surroundings & Pick<Connected, 'follow'> & { readonly recorder: Recorder },
  client: Client,
  chosen: ChosenAtStart,
) {
  const { settings, log, signal, tell, now: clock, follow } = surroundings;
  const dns = await openDns({ ...surroundings, meter: dnsMeter(surroundings.recorder.metrics) });
  dns.ended.catch(() => undefined); // told by `ended` of the daemon, after the next waits
  const reached = reach(surroundings);
  const views = makeViews();
  const certificates = new CertificateJudge({ ...surroundings, stateDir: settings.stateDir, chosen });
  const refusePems: CertificateJudge['refuse'] = (pems) => certificates.refuse(pems);
  const drive = openDrive(reached, { ...surroundings, ...drivenBy(views, surroundings), report: surroundings.recorder.drive, refusePems });
  await within(drive.begin(), { ms: SPAWN_MS, signal }); // before Marathon is read, which keeps the event loop busy for seconds in a large estate
  const source = openSource(client, surroundings, follow);
  source.ended.catch(() => undefined); // told like the end of DNS
  const keeper = openKeeper(surroundings);
  const gate = makeGate({
    drive,
    waitsFor: certificates.firstLook,
    what: 'the first look at certificates',
    mostMs: FIRST_LOOK_MS,
    log,
    signal,
  });
  const alarm = makeAlarm({ source, tell, now: clock, signal });
  const watched = watch({ reached, drive, view: views.latest, surroundings });
  return { ...surroundings, dns, reached, watched, views, drive, source, keeper, certificates, gate, alarm };
}

/** How long the reading of Marathon waits until the process of HAProxy is started with the files that it served last, in milliseconds. */
const SPAWN_MS = 5_000;

/** How long HAProxy's first document waits for the first look at the certificates that it names, in milliseconds. */
const FIRST_LOOK_MS = 10_000;
