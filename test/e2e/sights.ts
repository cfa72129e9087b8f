import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { NoAnswer, orSilence, showProc } from '../../src/socket/master.ts';
import { makeProcess } from '../../src/process/process.ts';
import type { Logger } from '../../src/lib/logger.ts';
import { ask, type Answer, type Question } from './ask.ts';
import type { Place } from './cluster.ts';
import { HOST } from './tasks.ts';
import { makeTraffic, type Traffic } from './traffic.ts';
import { until } from './until.ts';
import { now } from '../../src/lib/clock.ts';

/** What a client of HAProxy sees, and a person at its machine. */
export interface Sights {
  /** One request: for the tutorial's virtual host, over the shared http port, unless the question says otherwise. */
  readonly get: (question?: Partial<Question>) => Promise<Answer>;
  /** Asks so many times: how often each address answered; an error by its code, another status by that. */
  readonly answers: (count: number, question?: Partial<Question>) => Promise<Readonly<Record<string, number>>>;
  /** Waits until exactly these addresses answer, in turn. */
  readonly served: (addresses: readonly string[], question?: Partial<Question>) => Promise<void>;
  /** Requests that go on, for the tutorial's virtual host unless another one is named. */
  readonly traffic: (host?: string) => Traffic;
  /** The pid of HAProxy's worker that serves; 0 when there is none. */
  readonly worker: () => Promise<number>;
  /** All processes of HAProxy: its master first. */
  readonly processes: () => Promise<readonly number[]>;
  /** Ends HAProxy, all of it. */
  readonly endHaproxy: () => Promise<void>;
  /** What stands in haproxy.cfg. */
  readonly text: () => Promise<string>;
}

const SILENT: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

function nothing(): void {
  // nobody reads it
}

/** Asks and looks at the HAProxy of a cluster, and ends it with the test. */
export function makeSights({ runDir, config, ports, ends }: Place): Sights {
  const own = makeProcess({ bin: 'haproxy', runDir, config, fingerprint: () => 'of a test', log: SILENT, now });
  ends.push(() => own.stop());
  const get: Sights['get'] = (question) => ask({ port: ports.http, host: HOST, ...question });
  const answers: Sights['answers'] = async (count, question) => {
    const counts: Record<string, number> = {};
    for (let i = 0; i < count; i++) {
      const who = addressIn(await get(question));
      counts[who] = (counts[who] ?? 0) + 1;
    }
    return counts;
  };
  return {
    get,
    answers,
    served: async (addresses, question) => {
      const wanted = [...addresses].sort().join(' ');
      let seen = '';
      const look = async (): Promise<boolean> => {
        seen = Object.keys(await answers(2 * addresses.length, question))
          .sort()
          .join(' ');
        return seen === wanted;
      };
      await until(() => `answers of ${wanted}; last seen: ${seen}`, look);
    },
    traffic: (host = HOST) => makeTraffic({ port: ports.http, host, ends }),
    worker: async () => (await own.adopt())?.worker ?? 0,
    processes: () => processesIn(runDir),
    endHaproxy: () => own.stop(),
    text: () => readFile(config, 'utf8'),
  };
}

/**
 * The master of a run folder, and its workers. Its workers answer clients before it listens: a master loads itself anew behind each start and
 * reload [haproxy 2.6, tried].
 */
export function processesIn(runDir: string): Promise<readonly number[]> {
  return until('what the master of HAProxy has under it', async () => {
    const found = await orSilence(showProc({ socketPath: path.join(runDir, 'master.sock'), deadlineMs: 5_000 }));
    if (found instanceof NoAnswer) return undefined;
    return [found.master, ...[...found.workers, ...found.oldWorkers].map(({ pid }) => pid)];
  });
}

/** A backend of the tests says where it is: 'Hello from task /nginx at 127.84.0.196:80'. */
function addressIn({ status, body }: Answer): string {
  return status === '200' ? (/ at ([\d.]+):\d+/.exec(body)?.[1] ?? body) : status;
}
