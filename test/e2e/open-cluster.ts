import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { askDaemon, type ControlReply } from '../../src/daemon/control.ts';
import { startMarathon, type Marathon, type MarathonSettings } from '../../src/demo/marathon.ts';
import { makeAgreement, statesByMaster, type Agreement } from './agreement.ts';
import { run, start, type Ended, type Running, type Start } from './command.ts';
import { makeFolder } from './ends.ts';
import type { Ends } from './fixtures/stage.ts';
import { freePorts } from './ports.ts';
import { makeSights, type Sights } from './sights.ts';
import { makeTasks, type Tasks } from './tasks.ts';
import { until } from './until.ts';

/** Free ones of this machine. */
export type Ports = Readonly<Record<'http' | 'https' | 'appId' | 'stats' | 'service' | 'container' | 'other', number>>;

/** Where a cluster is, and what ends with its test. */
export interface Place {
  readonly marathon: Marathon;
  /** Where the daemon looks for Marathon. */
  readonly urls: readonly string[];
  readonly folder: string;
  /** haproxy.cfg */
  readonly config: string;
  readonly runDir: string;
  readonly ports: Ports;
  readonly ends: Ends;
}

type More = Partial<Omit<Start, 'words' | 'ends'>>;

interface Commands {
  /** The words of the command line that lead to this cluster, and those given. */
  readonly words: (...more: readonly string[]) => readonly string[];
  /** Starts the daemon. */
  readonly daemon: (words?: readonly string[], more?: More) => Running;
  /** Runs `--once` to its end. */
  readonly once: (words?: readonly string[], more?: More) => Promise<Ended>;
  /** Waits until the daemon that runs has brought HAProxy to what Marathon says now, be it by a reload. */
  readonly settled: () => Promise<void>;
}

/** A Marathon of a test's own, real servers, HAProxy and the command, on free ports and in a folder. */
export type Cluster = Place & Commands & Tasks & Sights & Agreement;

interface Opening {
  readonly ends: Ends;
  readonly settings?: MarathonSettings | undefined;
  /** One of the caller's; a new one when left out. */
  readonly folder?: string;
  /** haproxy.cfg in the folder; beside everything else when left out. */
  readonly configName?: string;
  /** Where the daemon looks for Marathon; its own address when left out. */
  readonly urls?: readonly string[];
}

/** A cluster that ends with `ends`, HAProxy included. */
export async function openCluster({ ends, settings, folder: given, configName = 'haproxy.cfg', urls }: Opening): Promise<Cluster> {
  const folder = given ?? (await makeFolder(ends));
  await putCertificate(path.join(folder, 'state'));
  const ports = await choosePorts();
  const marathon = await startMarathon(settings);
  ends.push(() => marathon.close());
  const place = {
    marathon,
    urls: urls ?? [marathon.url],
    folder,
    config: path.join(folder, configName),
    runDir: path.join(folder, 'run'),
    ports,
    ends,
  };
  const sights = makeSights(place);
  const agreement = makeAgreement({ ...place, text: sights.text, states: statesByMaster(place.runDir) });
  return { ...place, ...sights, ...agreement, ...makeTasks(place), ...makeCommands(place) };
}

/** The self-signed certificate that the command would make: it takes what it finds in its state folder. */
async function putCertificate(stateDir: string): Promise<void> {
  const made = process.env['E2E_SELF_SIGNED'];
  if (made === undefined) return;
  await mkdir(stateDir, { recursive: true });
  await copyFile(made, path.join(stateDir, 'self-signed.pem'));
}

async function choosePorts(): Promise<Ports> {
  const [http = 0, https = 0, appId = 0, stats = 0, service = 0, container = 0, other = 0] = await freePorts(7);
  return { http, https, appId, stats, service, container, other };
}

function makeCommands(place: Place): Commands {
  const words: Commands['words'] = (...more) => [...wordsOf(place), ...more];
  const once: Commands['once'] = (more = [], rest = {}) =>
    run({ folder: place.folder, ends: place.ends, ...rest, words: words('--once', ...more) });
  return {
    words,
    daemon: (more = [], rest = {}) => start({ folder: place.folder, ends: place.ends, ...rest, words: words(...more) }),
    once,
    settled: async () => {
      let said = '';
      await until(
        () => `the daemon is in step; it says: ${said}`,
        async () => {
          const { ok, text } = await resync(place.runDir);
          said = text;
          return ok;
        },
      );
    },
  };
}

/** What `--once` does beside a daemon. A daemon that has just been started reads Marathon before it listens. */
async function resync(runDir: string): Promise<ControlReply> {
  try {
    return await askDaemon({ runDir, ask: 'resync', deadlineMs: 60_000 });
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ECONNREFUSED') throw error;
    return { ok: false, text: (error as Error).message };
  }
}

/** The certificate is missing on purpose: what this machine has under /etc/ssl is none of the tests' business. */
function wordsOf({ urls, folder, config, runDir, ports }: Place): readonly string[] {
  const flags = {
    '--group': 'external',
    '--haproxy-config': config,
    '--run-dir': runDir,
    '--state-dir': path.join(folder, 'state'),
    '--ssl-certs': path.join(folder, 'missing.pem'),
    '--bind-address': '127.0.0.1',
    '--http-port': ports.http,
    '--https-port': ports.https,
    '--app-id-port': ports.appId,
    '--stats-port': ports.stats,
    '--admin-address': 'off',
  };
  return ['--marathon', ...urls, ...Object.entries(flags).flatMap(([flag, value]) => [flag, String(value)])];
}
