import type { AskFigures } from '../admin/figures.ts';
import type { Settings } from '../options/options.ts';
import { readStat } from '../socket/stat-rows.ts';
import { makeRuntime, type Runtime } from '../socket/worker.ts';
import { mapFolderOf, masterSocketOf } from './reach-haproxy.ts';

/** How long HAProxy may take to answer, in milliseconds: the figures of 10,000 backends are 6 MB. */
const READ_MS = 5_000;

/** Asks HAProxy for its figures, over a connection of its own, so that no change waits for them. */
export function openFigures(settings: Settings): AskFigures {
  const runtime = runtimeOf(settings);
  const read = async (command: string) => {
    if (runtime === undefined) throw new Error('HAProxy is reloaded by --command and no --haproxy-socket is given, so it can not be asked');
    runtime.forget(); // another worker than the last time may answer
    const [text = ''] = await runtime.read([command]);
    return readStat(text);
  };
  return { backends: () => read('show stat -1 2 -1'), servers: (iid) => read(`show stat ${iid} 4 -1`) };
}

function runtimeOf(settings: Settings): Runtime | undefined {
  const { command, haproxySocket } = settings;
  const more = { mapFolder: mapFolderOf(settings), deadlineMs: READ_MS };
  if (command === undefined) return makeRuntime({ socketPath: masterSocketOf(settings), prefix: '@1 ', ...more });
  return haproxySocket === undefined ? undefined : makeRuntime({ socketPath: haproxySocket, prefix: '', ...more });
}
