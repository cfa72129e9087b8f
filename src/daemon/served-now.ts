import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readDocument } from '../haproxy/read-document.ts';
import { servedBySpares } from '../haproxy/spares.ts';
import { SPARES_MAP } from '../haproxy/settings.ts';
import type { Document } from '../model/document.ts';
import type { Settings } from '../options/options.ts';
import { ask } from '../socket/master.ts';
import { readMap } from '../socket/map-state.ts';
import { mapFolderOf } from './reach-haproxy.ts';

/** Whom spare backends serve now. */
export interface ServedNow {
  readonly maps: Document['maps'];
  /** Set where spare backends serve somebody and only the file says so: a sentence. */
  readonly aside?: string;
}

const DEADLINE_MS = 2_000;

/** Asks HAProxy on its socket whom spare backends serve; where none answers, it reads the map file on the disk, which follows within seconds. Never rejects. */
export async function servedNow(settings: Settings): Promise<ServedNow> {
  const file = path.join(mapFolderOf(settings), SPARES_MAP);
  const socketPath = settings.haproxySocket ?? `${path.resolve(settings.haproxyConfig)}.sock`;
  const said = await ask({ socketPath, command: `show map ${file}`, deadlineMs: DEADLINE_MS }).then(readMap, () => undefined);
  if (said !== undefined) return { maps: { [SPARES_MAP]: said } };
  const { maps } = readDocument('', { [SPARES_MAP]: await readFile(file, 'utf8').catch(() => '') });
  if (servedBySpares({ maps }).size === 0) return { maps };
  return { maps, aside: `which spare backend serves a port is from ${file}, because no HAProxy answers on ${socketPath}` };
}
