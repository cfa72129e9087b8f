import { setImmediate } from 'node:timers/promises';
import { makeAlarm } from './alarm.ts';
import { chooseCertificates, type Chosen } from './apply/certificates.ts';
import type { Reply } from './apply/control.ts';
import type { Drive, Outcome } from './apply/drive-parts.ts';
import type { Gently } from './apply/ending.ts';
import { makeKeeper } from './apply/keeper.ts';
import { readKnown, writeKnown, type Found, type Known } from './apply/state-folder.ts';
import { CertificateJudge } from './assemble-certificates.ts';
import { openDns } from './assemble-dns.ts';
import { findRelease, openDrive, reach, type Reached } from './assemble-haproxy.ts';
import { now, openMarathon, openSource, sleep, type Surroundings } from './assemble-marathon.ts';
import { inTime } from './lib/in-time.ts';
import { makeInbox } from './lib/inbox.ts';
import type { Logger } from './lib/logger.ts';
import { sentence } from './lib/sentence.ts';
import { loop, type Loop, type View } from './loop.ts';
import { makeMiddle } from './middle.ts';
import type { Certificates } from './model/certificates.ts';
import type { Document } from './model/document.ts';
import type { News } from './model/news.ts';
import type { Settings } from './options.ts';
import { makeProblemLog } from './problem-log.ts';
import { makeAbsorb } from './snapshot/absorb.ts';
import { memoryOf } from './snapshot/health.ts';
import { startState } from './snapshot/state.ts';
import type { Client } from './source/client.ts';
import type { Source } from './source/source.ts';
import { statusOf, type Status } from './status.ts';
import { watch } from './watch.ts';

/** What a run is given from outside. */
export interface Run {
  readonly settings: Settings;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** How our own HAProxy ends with the daemon; when left out it serves on. */
  readonly haproxyEnds?: 'at once' | Gently;
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
  const { own, idle, ...daemon } = await connect({ ...run, signal: AbortSignal.any([run.signal, ending.signal]) }, client).catch(
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
    if (run.haproxyEnds !== undefined) await own?.stop(run.haproxyEnds === 'at once' ? undefined : run.haproxyEnds);
  }
}

async function connect(run: Mode, client: Client): Promise<Daemon & Pick<Reached, 'own'> & Pick<Drive, 'idle'>> {
  const { settings, log, signal } = run;
  const inbox = makeInbox<News>(signal);
  const tell = (news: News): void => {
    inbox.tell(news);
  };
  const surroundings: Surroundings = { settings, log, signal, tell };
  const { known, chosen, start, derive } = await begin(run);
  const dns = await openDns({ ...surroundings, follow: run.follow });
  const reached = reach(surroundings);
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
      ...makeConsumers({ certificates, keeper, alarm: openAlarm(source, surroundings) }),
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

/** While tasks are missing, Marathon is asked again and again. */
function openAlarm(source: Source, { tell, signal }: Surroundings): ReturnType<typeof makeAlarm> {
  const read = (): void => {
    source.resync('tasks are missing').catch(() => undefined); // it is logged
  };
  return makeAlarm({ now, tell, read, signal });
}

interface Consuming {
  readonly certificates: CertificateJudge;
  readonly keeper: ReturnType<typeof makeKeeper>;
  readonly alarm: ReturnType<typeof makeAlarm>;
}

function makeConsumers({ certificates, keeper, alarm }: Consuming): Loop['consumers'] {
  return [
    (view) => {
      certificates.see(view);
    },
    (view, _news, { asked }) => {
      keeper.see({ ...view, asked });
    },
    (_view, _news, state) => {
      alarm(state);
    },
  ];
}

/** How long files are waited for at the start. */
const FILES_MS = 30_000;

/** What is known at the start, and how views are made of what comes. */
async function begin({ settings, env, log, follow }: Mode) {
  const known = await readMemory(settings, log);
  const memory = known && memoryOf(known.snapshot);
  const choosing = chooseCertificates({ wanted: settings.sslCerts, env, stateDir: settings.stateDir });
  const chosen = await inTime(choosing, { ms: FILES_MS, what: 'reading the certificates of --ssl-certs' });
  // One pass has nobody who would read again: what it reads is believed.
  const left = { memory, before: follow ? known : undefined, certificates: certificatesOf(chosen) };
  const start = startState(await findRelease(settings), left);
  const making = makeMiddle({ settings, env });
  return { known, chosen, start, derive: await inTime(making, { ms: FILES_MS, what: 'reading the templates of --templates-dir' }) };
}

function certificatesOf({ files, problems, contents }: Chosen): Certificates {
  return { files, problems, contents, named: [] };
}

/** The views whose documents somebody may ask about. */
interface Views {
  readonly see: Loop['consumers'][number];
  readonly of: (document: Document) => View | undefined;
  readonly latest: () => View | undefined;
  /** When the last full read was sent, in ms since 1970. */
  readonly asked: () => number | undefined;
}

function makeViews(): Views {
  const views = new WeakMap<Document, View>();
  let latest: { readonly view: View; readonly asked: number | undefined } | undefined;
  return {
    see: (view, _news, { asked }) => {
      views.set(view.document, view);
      latest = { view, asked };
    },
    of: (document) => views.get(document),
    latest: () => latest?.view,
    asked: () => latest?.asked,
  };
}

/** Whose documents are driven, and who hears what HAProxy serves then. */
function drivenBy({ of }: Views, tell: Surroundings['tell']) {
  const serves = (document: Document): void => {
    tell(servingNews(of(document)));
  };
  return { viewOf: of, serves };
}

function servingNews(view: View | undefined): News {
  return { kind: 'serving', at: now(), fronts: view?.services.map(({ front }) => front) ?? [] };
}

/** What was known before, from the state folder; a file that can't be used is set aside, and told. */
async function readMemory({ stateDir }: Settings, log: Logger): Promise<Known | undefined> {
  const reading = inTime(readKnown(stateDir, now), { ms: FILES_MS, what: `reading what was known from ${stateDir}` });
  const { known, trouble }: Found = await reading.catch((error: unknown) => ({ trouble: sentence(error) }));
  if (trouble !== undefined) log.warn({}, trouble);
  return known;
}

function openKeeper({ settings, log }: Surroundings): ReturnType<typeof makeKeeper> {
  return makeKeeper({
    write: (known) => writeKnown(settings.stateDir, known),
    now,
    later: (work, ms) => {
      setTimeout(work, ms).unref();
    },
    failed: (error) => {
      log.warn({ folder: settings.stateDir, reason: sentence(error) }, 'what is known could not be written, it is tried again');
    },
  });
}

/** How long the start waits for Marathon before what was known serves. */
const RESTORE_MS = 5_000;

function restoreLater(known: Known, { tell, signal }: Surroundings): void {
  const restore = (): void => {
    tell({ kind: 'restored', at: now(), ...known });
  };
  sleep(RESTORE_MS, signal).then(restore, () => undefined); // the end
}

interface Asking {
  readonly source: Source;
  readonly drive: Drive;
  readonly views: Views;
}

async function askStatus({ source, drive, views, settings }: Asking & Pick<Run, 'settings'>): Promise<Status> {
  const outcome = await Promise.race([drive.settled(), setImmediate(undefined)]); // what has not ended yet is not waited for
  return statusOf({
    view: views.latest(),
    asked: views.asked(),
    at: now(),
    everySeconds: settings.poll ?? settings.resyncInterval,
    stream: source.stream(),
    outcome,
  });
}

interface Resync extends Asking {
  readonly certificates: CertificateJudge;
  readonly reason: string;
}

async function resync({ source, certificates, drive, views, reason }: Resync): Promise<Reply> {
  try {
    await source.resync(reason);
    await setImmediate(); // the loop absorbs what was told before this turn is over
    await certificates.idle();
    return withHeld(describe(await drive.settled()), views.latest());
  } catch (error) {
    return { ok: false, text: sentence(error) };
  }
}

const OUTCOMES = {
  reload: 'HAProxy has loaded what Marathon said',
  commands: 'HAProxy has taken what Marathon said, without a reload',
  nothing: 'nothing changed',
};

/** HAProxy does not have what Marathon said while it has more. */
function withHeld(reply: Reply, view: View | undefined): Reply {
  const held = view?.problems.find(({ code }) => code === 'losses-held');
  return reply.ok && held !== undefined ? { ok: false, text: `${held.message}; ${held.hint}` } : reply;
}

function describe(outcome: Outcome): Reply {
  if (!outcome.ok) return { ok: false, text: outcome.why };
  return { ok: true, text: OUTCOMES[outcome.by] };
}
