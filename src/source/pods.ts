import type { Logger } from '../lib/logger.ts';
import { sentence } from '../lib/sentence.ts';
import type { AppId } from '../model/names.ts';
import type { Client } from './client.ts';
import type { HostRead } from './hosts-in-turn.ts';
import { makeLogOnce } from './log-once.ts';
import type { Decode } from './read-to-news.ts';

type DecodedPod = ReturnType<Decode>;

/** How pods are read beside apps. */
export interface PodReads {
  /** Reads all pods; none when this Marathon has no pods, and undefined when they could not be read, which was logged then. */
  readonly readAll: (signal: AbortSignal) => Promise<readonly DecodedPod[] | undefined>;
  /** Reads an app or a pod, whatever has the id; undefined when neither exists. */
  readonly readOne: (id: AppId, signal: AbortSignal) => Promise<HostRead<DecodedPod | undefined>>;
}

interface Dependencies extends Pick<Client, 'readApp' | 'readPods' | 'readPod'> {
  readonly decode: Decode;
  /** Decodes the JSON text of one pod. */
  readonly decodePod: Decode;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/**
 * Makes the reads of pods. They remember which ids are pods, so that one app or pod costs one request, and whether Marathon has pods at all: where it
 * has none, nothing is asked again after an app is gone.
 */
export function makePodReads({ readApp, readPods, readPod, decode, decodePod, log }: Dependencies): PodReads {
  const trouble = makeLogOnce(log, {
    worse: 'pods could not be read, so their last known state is kept',
    better: 'pods were read',
    well: true,
  });
  let hasPods = true;
  let ids: ReadonlySet<AppId> = new Set();

  async function readOnePod(id: AppId, signal: AbortSignal): Promise<HostRead<DecodedPod | undefined>> {
    const read = await readPod({ id, decode: decodePod, signal });
    if (read.answer === undefined) ids = new Set([...ids].filter((other) => other !== id));
    else if (!ids.has(id)) ids = new Set([...ids, id]);
    return read;
  }

  return {
    async readAll(signal) {
      try {
        const { answer } = await readPods(decodePod, signal);
        hasPods = answer !== undefined;
        ids = new Set((answer ?? []).flatMap(idOf));
        trouble.over({ pods: ids.size });
        return answer ?? [];
      } catch (error) {
        signal.throwIfAborted();
        trouble.tell(sentence(error));
        return undefined;
      }
    },
    async readOne(id, signal) {
      if (!ids.has(id)) {
        const read = await readApp({ id, decode, signal });
        return read.answer !== undefined || !hasPods ? read : readOnePod(id, signal);
      }
      const read = await readOnePod(id, signal);
      return read.answer === undefined ? readApp({ id, decode, signal }) : read;
    },
  };
}

/** The id of what was read, which a Problem has if it could be read. */
function idOf(read: DecodedPod): readonly AppId[] {
  if ('app' in read) return [read.app.id];
  return read.problem.owner.by === 'app' ? [read.problem.owner.app] : [];
}
