import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { chooseCertificates } from './apply/certificates.ts';
import { askResync, serveControl, type Reply } from './apply/control.ts';
import type { Drive, Outcome } from './apply/drive.ts';
import { takeLock } from './apply/lock.ts';
import { findRelease, openDrive, openMarathon, openReader, reach, sleep, type Reached, type Surroundings } from './assemble.ts';
import { textOf } from './haproxy/text.ts';
import { makeBackoff } from './lib/backoff.ts';
import { makeInbox } from './lib/inbox.ts';
import { makeFolder } from './lib/folders.ts';
import type { Logger } from './lib/logger.ts';
import { sentence } from './lib/sentence.ts';
import { loop, type View } from './loop.ts';
import { makeMiddle } from './middle.ts';
import type { News } from './model/news.ts';
import type { Settings } from './options.ts';
import { makeProblemLog } from './problem-log.ts';
import { absorb, type State } from './snapshot/absorb.ts';
import { describeEvent, EVENT_TYPES } from './snapshot/events.ts';
import { shown } from './source/auth.ts';
import type { Client } from './source/client.ts';
import { follow, poll, type Source } from './source/source.ts';
import { openStream } from './source/stream.ts';

/** What a run is given from outside. */
export interface Run {
  readonly settings: Settings;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Whether our own HAProxy ends with the daemon; else it serves on. */
  readonly endsHaproxy: boolean;
}

/** `--dry`: the configuration that Marathon's apps give now, as text. Rejects with a sentence when Marathon can't be read. */
export async function dry({ settings, env, log, signal }: Run): Promise<Iterable<string>> {
  const client = await openMarathon(settings, env);
  try {
    const told: News[] = [];
    const [release, derive] = await Promise.all([
      findRelease(settings),
      makeMiddle({ settings, env, certificates: settings.sslCerts, problems: [] }),
      openReader(client, { settings, log, signal, tell: (news) => told.push(news) }).read(signal),
    ]);
    const view = derive(told.reduce(absorb, { snapshot: undefined, release, refused: [] }));
    if (view === undefined) throw new Error('Marathon was read, but told nothing');
    makeProblemLog(log)(view);
    return textOf(view.document);
  } finally {
    await client.close();
  }
}

/**
 * `--once`: one pass. Resolves when HAProxy has what Marathon said, with words for the log; rejects with a sentence otherwise. Beside a daemon
 * of the same run folder it asks that one.
 */
export async function once(run: Run): Promise<string> {
  const { settings } = run;
  await prepareFolders(settings);
  const lock = await takeLock(settings.runDir);
  if ('heldBy' in lock) return orThrow(await askResync(settings.runDir, RESYNC_DEADLINE_MS));
  try {
    return await withDaemon({ ...run, follow: false }, (daemon) => daemon.resync('--once').then(orThrow));
  } finally {
    await lock.release();
  }
}

/** As long as a large Marathon and a large HAProxy may take together. */
const RESYNC_DEADLINE_MS = 300_000;

function orThrow({ ok, text }: Reply): string {
  if (!ok) throw new Error(text);
  return text;
}

/** The daemon: follows Marathon until `run.signal` aborts. HAProxy serves on. Rejects at once for what does not heal by itself. */
export async function daemon(run: Run, started: (daemon: Daemon) => void | Promise<void>): Promise<void> {
  const { settings, log, signal } = run;
  await prepareFolders(settings);
  const lock = await takeLock(settings.runDir);
  if ('heldBy' in lock) {
    throw new Error(
      `another marathon-lb-ts (pid ${lock.heldBy}) works in ${settings.runDir}: end that one, or give this one its own --run-dir`,
    );
  }
  try {
    await withDaemon({ ...run, follow: true }, async (running) => {
      await serveControl({ runDir: settings.runDir, resync: () => running.resync('asked for by --once'), signal });
      log.info(
        { marathon: settings.marathon.map((url) => shown(new URL(url))), groups: settings.group, config: settings.haproxyConfig },
        'following Marathon',
      );
      await Promise.all([started(running), running.ended]);
    });
  } finally {
    await lock.release();
  }
}

/** What can be asked of a daemon while it runs. */
export interface Daemon {
  /** Reads everything again and tells how HAProxy came to have it. Never rejects. */
  resync(reason: string): Promise<Reply>;
  /** HAProxy reads its file again, as it is. */
  reload(): void;
  readonly ended: Promise<void>;
}

type Mode = Run & { readonly follow: boolean };

/** Everything connected, for as long as `work` takes. */
async function withDaemon<Result>(run: Mode, work: (daemon: Daemon) => Promise<Result>): Promise<Result> {
  const ending = new AbortController();
  const client = await openMarathon(run.settings, run.env);
  const { own, idle, ...daemon } = await connect({ ...run, signal: AbortSignal.any([run.signal, ending.signal]) }, client).catch(
    async (error: unknown) => {
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
    await idle();
    if (run.endsHaproxy) await own?.stop();
  }
}

async function connect(run: Mode, client: Client): Promise<Daemon & Pick<Reached, 'own'> & Pick<Drive, 'idle'>> {
  const { settings, env, log, signal } = run;
  const inbox = makeInbox<News>(signal);
  const tell = (news: News): void => {
    inbox.tell(news);
  };
  const surroundings: Surroundings = { settings, log, signal, tell };
  const start: State = { snapshot: undefined, release: await findRelease(settings), refused: [] };
  const { files: certificates, problems } = await chooseCertificates(settings.sslCerts, settings.stateDir);
  const derive = await makeMiddle({ settings, env, certificates, problems });
  const reached = reach(surroundings);
  const drive = openDrive(reached, surroundings);
  const apply = ({ document }: View): void => {
    drive.want(document);
  };
  const looping = loop({ inbox, start, absorb, derive, consumers: [apply, makeProblemLog(log)] });
  const source = openSource(client, surroundings, run.follow);
  const watching = run.follow ? watch(reached, drive, surroundings) : Promise.resolve();
  return {
    resync: (reason) => resync({ source, drive, reason }),
    reload: () => {
      drive.reloadAsItIs();
    },
    ended: Promise.all([source.ended, looping, watching]).then(() => undefined),
    own: reached.own,
    idle: () => drive.idle(),
  };
}

interface Resync {
  readonly source: Pick<Source, 'resync'>;
  readonly drive: Drive;
  readonly reason: string;
}

async function resync({ source, drive, reason }: Resync): Promise<Reply> {
  try {
    await source.resync(reason);
    await setImmediate(); // the loop absorbs what was told before this turn is over
    return describe(await drive.settled());
  } catch (error) {
    return { ok: false, text: sentence(error) };
  }
}

function describe(outcome: Outcome): Reply {
  if (!outcome.ok) return { ok: false, text: outcome.why };
  return { ok: true, text: outcome.reloaded ? 'HAProxy has loaded what Marathon said' : 'nothing changed' };
}

/** The stream and reads when something happens, polling, or reads only when asked. */
function openSource(client: Client, surroundings: Surroundings, following: boolean): Source {
  const { settings, log, signal } = surroundings;
  const { reader } = openReader(client, surroundings);
  if (!following) return { resync: (reason) => reader.read(reason), ended: Promise.resolve() };
  if (settings.poll !== undefined) return poll({ reader, everyMs: settings.poll * 1000, sleep, signal });
  const silenceMs = settings.streamTimeout * 1000;
  return follow({
    urls: client.urls,
    open: (attempt) => openStream({ get: client.get, types: EVENT_TYPES, log, silenceMs, ...attempt }),
    describe: describeEvent,
    reader,
    backoff: makeBackoff({ first: 500, most: 15_000, random: Math.random }),
    resyncMs: settings.resyncInterval * 1000,
    sleep,
    log,
    signal,
  });
}

const WATCH_MS = 2_000;

/** Looks after our own HAProxy: when it is gone, it is started again, with the wait between two tries that `quiet` keeps. */
async function watch({ own }: Reached, drive: Drive, { log, signal }: Surroundings): Promise<void> {
  const waited = () =>
    sleep(WATCH_MS, signal).then(
      () => true,
      () => false,
    );
  while (own !== undefined && (await waited())) {
    const found = await own.adopt().then(
      (adopted) => adopted !== undefined,
      () => true, // it lives, but does not answer now
    );
    if (!found && drive.lost()) log.error({}, 'HAProxy is gone, it is started again');
  }
}

async function prepareFolders({ runDir, stateDir, haproxyConfig }: Settings): Promise<void> {
  const folders = [
    ['--run-dir', runDir],
    ['--state-dir', stateDir],
    ['--haproxy-config', path.dirname(haproxyConfig)],
  ] as const;
  for (const [flag, folder] of folders) {
    try {
      await makeFolder(folder);
    } catch (error) {
      throw new Error(`the folder ${folder} can't be used: ${sentence(error)}; name another with ${flag}`, { cause: error });
    }
  }
}
