import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** One thing that a process waited for: when it began in ms since 1970, and how long it took. */
export interface Stage {
  readonly at: number;
  readonly ms: number;
  readonly what: string;
}

/** One change that the bench waited for. */
export interface Sample {
  readonly what: string;
  readonly at: number;
  readonly ms: number;
}

const WATCHED = path.resolve('test/bench/fixtures/watched.js');

/** What a daemon and the bench itself waited for, written down by `fixtures/watched.js` and the daemon's log. */
export interface Trace {
  /** Environment of the daemon. */
  readonly env: Readonly<Record<string, string>>;
  /** Takes the daemon's log lines. */
  readonly logged: (line: string) => void;
  /** The stages of a sample, in order of time; the last half second may be missing. */
  readonly stagesOf: (sample: Sample) => Promise<readonly Stage[]>;
}

/** Opens a trace with its files in this folder, where TRACE=1 asks for one. It costs the daemon a timer of 5 ms. */
export async function openTrace(folder: string): Promise<Trace | undefined> {
  if (process.env['TRACE'] !== '1') return undefined;
  const files = { daemon: path.join(folder, 'daemon.trace'), bench: path.join(folder, 'bench.trace') };
  process.env['BENCH_TRACE'] = files.bench;
  await import(WATCHED);
  const log: Stage[] = [];
  return {
    env: { NODE_OPTIONS: `--import ${WATCHED}`, BENCH_TRACE: files.daemon },
    logged: (line) => log.push(...readLog(line)),
    stagesOf: async ({ at, ms }) => {
      const [daemon, bench] = [await readStages(files.daemon), await readStages(files.bench)];
      const all = [...daemon, ...log, ...bench.map((stage) => ({ ...stage, what: `the bench: ${stage.what}` }))];
      return all.filter((stage) => stage.at + stage.ms >= at && stage.at <= at + ms).sort((a, b) => a.at - b.at);
    },
  };
}

/** The stages of the slowest samples, in words. */
export async function slowest(samples: readonly Sample[], trace: Trace, most = 3): Promise<string> {
  const worst = [...samples].sort((a, b) => b.ms - a.ms).slice(0, most);
  const parts: string[] = [`all in order: ${samples.map(({ ms }) => ms.toFixed(0)).join(', ')}\n`];
  for (const sample of worst) {
    parts.push(`${sample.what}: ${sample.ms.toFixed(0)} ms\n`);
    for (const { at, ms, what } of await trace.stagesOf(sample)) parts.push(`  ${column(at - sample.at)} ${column(ms)}  ${what}\n`);
  }
  return parts.join('');
}

const column = (ms: number): string => ms.toFixed(0).padStart(6);

async function readStages(file: string): Promise<readonly Stage[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Stage]));
}

function readLog(line: string): readonly Stage[] {
  if (!line.startsWith('{')) return [];
  const { time, msg, reasons } = JSON.parse(line) as { readonly time: string; readonly msg: string; readonly reasons?: readonly string[] };
  return [{ at: Date.parse(time), ms: 0, what: `log: ${msg}${reasons === undefined ? '' : `: ${reasons.join(', ').slice(0, 100)}`}` }];
}
