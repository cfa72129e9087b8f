import type { AskFigures } from '../admin/figures.ts';
import type { Settings } from '../options/options.ts';
import { readStat } from '../socket/stat-rows.ts';
import { makeRuntime } from '../socket/worker.ts';
import { mapFolderOf } from './reach-haproxy.ts';
import { noSocketToAsk, socketToAsk } from './socket-to-ask.ts';

/** How long HAProxy may take to answer, in milliseconds: the figures of 10,000 backends are 6 MB. */
const READ_MS = 5_000;

/** Asks HAProxy for its figures, over a connection of its own, so that no change waits for them. */
export function openFigures(settings: Settings): AskFigures {
  const at = socketToAsk(settings);
  const runtime = at && makeRuntime({ ...at, mapFolder: mapFolderOf(settings), deadlineMs: READ_MS });
  const read = async (command: string) => {
    if (runtime === undefined) throw noSocketToAsk();
    runtime.forget(); // after a reload a different worker answers, which is no error here
    const [text = ''] = await runtime.read([command]);
    return readStat(text);
  };
  return { backends: () => read('show stat -1 2 -1'), servers: (iid) => read(`show stat ${iid} 4 -1`) };
}
