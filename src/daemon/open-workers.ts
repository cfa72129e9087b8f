import path from 'node:path';
import type { Workers } from '../admin/deployments.ts';
import type { StatRow } from '../model/figures.ts';
import type { Settings } from '../options/options.ts';
import { ask, showProc } from '../socket/master.ts';
import { readStat } from '../socket/stat-rows.ts';
import { makeRuntime } from '../socket/worker.ts';

/** How long one worker may take to answer, in milliseconds. */
const WORKER_MS = 2_000;

/**
 * Asks all workers of HAProxy for the servers of some backends. What the worker that serves counts is not all: after a reload, an old worker may still
 * have sessions. Where HAProxy is not ours, only the worker that serves can be asked.
 */
export function openWorkers({
  command,
  haproxySocket,
  runDir,
  haproxyConfig,
}: Settings): (backends: readonly string[]) => Promise<Workers> {
  const mapFolder = path.dirname(path.resolve(haproxyConfig));
  if (command !== undefined && haproxySocket === undefined)
    return () => Promise.reject(new Error('HAProxy is reloaded by --command and no --haproxy-socket is given, so it can not be asked'));
  const socketPath = command === undefined ? path.resolve(runDir, 'master.sock') : (haproxySocket ?? '');
  return async (backends) => {
    const runtime = makeRuntime({ socketPath, prefix: command === undefined ? '@1 ' : '', mapFolder, deadlineMs: WORKER_MS });
    const answers = await runtime.read([SERVERS]);
    const serving = answers.flatMap(readRows).filter(({ backend }) => backends.includes(backend));
    if (command !== undefined) return { serving, old: [], oldWorkers: 0 };
    const { workers, oldWorkers } = await showProc({ socketPath, deadlineMs: WORKER_MS });
    const pids = [...workers, ...oldWorkers].map(({ pid }) => pid).filter((pid) => pid !== runtime.pid());
    const old = await Promise.all(pids.map((pid) => rowsOf({ socketPath, pid, backends })));
    return { serving, old: old.flat(), oldWorkers: pids.length };
  };
}

/** All servers. Asked for one backend by its name, a worker has answered with none [HAProxy 2.6, tried]. */
const SERVERS = 'show stat -1 4 -1';

/** A worker that knows no such backend answers with a sentence. */
function readRows(answer: string): readonly StatRow[] {
  return answer.trimStart().startsWith('# pxname,') ? [...readStat(answer.trimStart())] : [];
}

interface OldWorker {
  readonly socketPath: string;
  readonly pid: number;
  readonly backends: readonly string[];
}

/** An old worker that has ended in the meantime has no sessions; its master then answers with a sentence. */
async function rowsOf({ socketPath, pid, backends }: OldWorker): Promise<readonly StatRow[]> {
  const answer = await ask({ socketPath, command: `@!${pid} ${SERVERS}`, deadlineMs: WORKER_MS });
  return readRows(answer).filter(({ backend }) => backends.includes(backend));
}
