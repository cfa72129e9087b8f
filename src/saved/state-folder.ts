import { open, rename, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { sentence } from '../lib/sentence.ts';
import { replaceFile } from '../lib/write-file.ts';
import type { Holder } from '../model/holder.ts';
import { readHolders } from './holders-file.ts';
import type { App, Snapshot } from '../model/snapshot.ts';
import { anyHead, asHolders, asProblems, head, readSavedApp } from './saved-app.ts';

/** What one run saves for the next. */
export interface Saved {
  /** When the snapshot was right, in ms since 1970. */
  readonly savedAt: number;
  readonly snapshot: Snapshot;
  /** Who held which port and route in what HAProxy ran. */
  readonly holders: readonly Holder[];
}

const NAME = 'known.json';

/** The version of the file's format. A file in another version is set aside. */
const VERSION = 1;

/** The largest file that is read: ten times what 10,000 apps of 5 tasks need, so a larger file was not written by this program. */
const MOST_BYTES = 400_000_000;

/**
 * Replaces the file atomically, in pieces of a quarter of a megabyte so that the event loop is not blocked. Rejects when it can't be written; the
 * old file stays then. Labels may contain passwords, so only this user may read the file.
 */
export async function writeSaved(folder: string, saved: Saved): Promise<void> {
  await replaceFile(path.join(folder, NAME), textOf(saved), 0o600);
}

const END = ']}';

/** Returns the snapshot as one JSON text, with the head and each app on a line of its own. */
function* textOf({ savedAt, snapshot, holders }: Saved): Generator<string> {
  yield JSON.stringify({ version: VERSION, savedAt, problems: snapshot.problems, holders, apps: [] }).slice(0, -END.length);
  let separator = '\n';
  for (const app of snapshot.apps) {
    yield separator + JSON.stringify(app);
    separator = ',\n';
  }
  yield `\n${END}\n`;
}

/** What `readSaved` found. Empty when there is no file. */
export interface SavedFile {
  readonly saved?: Saved;
  /** Who held which hosts, paths and ports, when that is newer than `saved`, or `saved` is too old to be used. */
  readonly holders?: readonly Holder[];
  /** What was wrong with the file, in a sentence. */
  readonly trouble?: string;
}

/**
 * The oldest snapshot that is used, in milliseconds. While Marathon is down, nobody moves its tasks, so their addresses stay right. After a week
 * Mesos ends the tasks, and their addresses go to other tasks [marathon: --failover_timeout].
 */
const OLDEST_MS = 7 * 24 * 3_600_000;

/**
 * Reads what the last run saved, unless it is more than a week old; the holders are never too old, and are read from their own file where that is
 * newer. A file that can't be used is renamed, unless it is to be left as it is. Never rejects.
 */
export async function readSaved(folder: string, now: () => number, damaged: 'rename' | 'leave' = 'rename'): Promise<SavedFile> {
  const file = path.join(folder, NAME);
  const holders = await readHolders(folder, file).catch(() => undefined);
  const found = await readSnapshot(file, now, damaged);
  return holders === undefined ? found : { ...found, holders };
}

async function readSnapshot(file: string, now: () => number, damaged: 'rename' | 'leave'): Promise<SavedFile> {
  try {
    const saved = await readFile(file);
    if (now() - saved.savedAt <= OLDEST_MS) return { saved };
    return {
      holders: saved.holders,
      trouble: `${file} is more than a week old (${new Date(saved.savedAt).toISOString()}), so this start does not use it`,
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    const trouble = `${file} can't be used, so this start goes without it: ${sentence(error)}`;
    return { trouble: damaged === 'leave' ? trouble : `${trouble}; ${await setAside(file, now())}` };
  }
}

async function setAside(file: string, at: number): Promise<string> {
  const other = `${file}.damaged-${new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
  try {
    await rename(file, other);
    return `it was renamed to ${path.basename(other)}`;
  } catch (error) {
    return `it could not be renamed: ${sentence(error)}`;
  }
}

async function readFile(file: string): Promise<Saved> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    if (size > MOST_BYTES) throw new Error(`its size of ${size} bytes is more than this program writes`);
    return await readLines(linesOf(handle));
  } finally {
    await handle.close();
  }
}

async function readLines(lines: AsyncIterable<string>): Promise<Saved> {
  let first: ReturnType<typeof readHead> | undefined;
  let isWhole = false;
  const apps: App[] = [];
  for await (const line of lines) {
    if (isWhole) throw new Error('there is more text after its end');
    else if (first === undefined) first = readHead(line);
    else if (line === END) isWhole = true;
    else apps.push(readApp(line, apps.at(-1)));
  }
  if (first === undefined || !isWhole) throw new Error('it ends too early');
  return { savedAt: first.savedAt, holders: asHolders(first.holders), snapshot: { apps, problems: asProblems(first.problems) } };
}

function readHead(line: string): ReturnType<typeof head.parse> {
  const value = parse(line + END, 'the first line');
  const { data } = anyHead.safeParse(value);
  if (data !== undefined && data.version !== VERSION) throw new Error(`its format is version ${data.version}, not ${VERSION}`);
  const read = head.safeParse(value);
  if (!read.success) throw new Error('the first line is not what was written');
  return read.data;
}

function readApp(line: string, before: App | undefined): App {
  const what = `the line after ${before?.id ?? 'the first one'}`;
  const value = parse(line.endsWith(',') ? line.slice(0, -1) : line, what);
  const app = readSavedApp(value, what);
  if (before !== undefined && app.id <= before.id) throw new Error(`${what} is out of order`);
  return app;
}

function parse(json: string, what: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    throw new Error(`${what} is not JSON`); // JSON.parse's own message would quote labels
  }
}

const PIECE_BYTES = 64 * 1024;

/** Reads the file piece by piece, so that the event loop is not blocked, and returns its lines. */
async function* linesOf(handle: FileHandle): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const buffer = Buffer.alloc(PIECE_BYTES);
  let rest = '';
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, PIECE_BYTES);
    const [first = '', ...others] = decoder.decode(buffer.subarray(0, bytesRead), { stream: bytesRead > 0 }).split('\n');
    rest += first; // not searched again for line ends, because the file may be one long line
    for (const line of others) {
      yield rest;
      rest = line;
    }
    if (bytesRead === 0) break;
  }
  if (rest !== '') yield rest;
}
