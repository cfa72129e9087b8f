import type { Workers } from '../admin/deployments.ts';
import type { StatRow } from '../model/figures.ts';
import type { Settings } from '../options/options.ts';
import { ask, NoAnswer, showProc } from '../socket/master.ts';
import { readStat } from '../socket/stat-rows.ts';
import { makeRuntime } from '../socket/worker.ts';
import { mapFolderOf } from './reach-haproxy.ts';
import { noSocketToAsk, socketToAsk } from './socket-to-ask.ts';

/** How long one worker may take to answer, in milliseconds. */
const WORKER_MS = 2_000;

/**
 * Asks all workers of HAProxy for the servers of some backends. What the worker that serves counts is not all: after a reload, an old worker may still
 * have sessions. Where HAProxy is reloaded by --command, only the worker that serves can be asked.
 */
export function openWorkers(settings: Settings): (backends: readonly string[]) => Promise<Workers> {
  const at = socketToAsk(settings);
  if (at === undefined) return () => Promise.reject(noSocketToAsk());
  const { socketPath } = at;
  return async (backends) => {
    const runtime = makeRuntime({ ...at, mapFolder: mapFolderOf(settings), deadlineMs: WORKER_MS });
    const states = await runtime.read(backends.map(stateOf));
    const answers = await runtime.read(states.flatMap(idIn).map(statOf));
    const serving = answers.flatMap((answer) => readRows(answer) ?? []);
    if (settings.command !== undefined) return { serving, old: [], oldWorkers: 0 };
    const { workers, oldWorkers } = await showProc({ socketPath, deadlineMs: WORKER_MS });
    const pids = [...workers, ...oldWorkers].map(({ pid }) => pid).filter((pid) => pid !== runtime.pid());
    const old = await Promise.all(pids.map((pid) => rowsOf({ socketPath, pid, backends })));
    return { serving, old: old.flat(), oldWorkers: pids.length };
  };
}

/**
 * A backend is asked for by its number: by its name, a frontend of the same name would be found, which has no servers, and marathon-lb's frontends
 * have the names of their backends [HAProxy 2.6 to 3.2, tried]. `show servers state` knows backends alone, and says the number.
 */
function stateOf(backend: string): string {
  return `show servers state ${backend}`;
}

function statOf(id: string): string {
  return `show stat ${id} 4 -1`;
}

/** The number of the backend in an answer to `show servers state`; none where the worker has no such backend, or the backend has no server. */
function idIn(answer: string): readonly string[] {
  const [, id] = /^(\d+) \S+ \d+ /m.exec(answer) ?? [];
  return id === undefined ? [] : [id];
}

function readRows(answer: string): readonly StatRow[] | undefined {
  const text = answer.trimStart();
  return text.startsWith('# pxname,') ? [...readStat(text)] : undefined;
}

interface OldWorker {
  readonly socketPath: string;
  readonly pid: number;
  readonly backends: readonly string[];
}

/** What a master says when a worker has ended. */
const ENDED = "Can't find the target";

/**
 * The servers of an old worker. One that has ended in the meantime has no sessions. An empty answer says nothing, because a master that reloads answers
 * so: it rejects then, for a task whose sessions are not known must not count as drained.
 */
async function rowsOf({ socketPath, pid, backends }: OldWorker): Promise<readonly StatRow[]> {
  const put = async (command: string): Promise<string> => {
    const answer = await ask({ socketPath, command: `@!${pid} ${command}`, deadlineMs: WORKER_MS });
    if (answer.trim() === '') throw new NoAnswer('cut', { socketPath, cause: undefined });
    return answer;
  };
  const found: StatRow[] = [];
  for (const backend of backends) {
    const state = await put(stateOf(backend));
    if (state.startsWith(ENDED)) return [];
    for (const id of idIn(state)) {
      const answer = await put(statOf(id));
      if (answer.startsWith(ENDED)) return [];
      const rows = readRows(answer);
      if (rows === undefined)
        throw new Error(`the old worker of HAProxy with pid ${pid} does not say its sessions: ${answer.slice(0, 200)}`);
      found.push(...rows);
    }
  }
  return found;
}
