import type { DriveDependencies } from '../../../src/drive/dependencies.ts';
import { oneAfterAnother } from '../../../src/lib/runs.ts';
import type { Haproxy } from '../../../src/model/haproxy.ts';
import { makeMeanwhile } from '../../../src/socket/meanwhile.ts';
import { makeReview } from '../../../src/socket/review.ts';
import { makeRuntime, makeTurns, type Runtime } from '../../../src/socket/worker.ts';
import { FOLDER } from './fake-worker.ts';
import type { Machine } from './fake-daemon.ts';

/** HAProxy as a daemon reaches it. The commands are those of `src/socket`; what starts and reloads HAProxy is a short form of `src/process`. */
export interface Reached extends Pick<DriveDependencies, 'haproxy' | 'applied' | 'revive' | 'serveAtOnce'> {
  /** The pid of the worker whose memory is known. */
  readonly pid: () => number | undefined;
}

/** Reaches the HAProxy of a machine for one daemon. */
export function reach(machine: Machine, owner: string): Reached {
  const { turns, haproxy } = machine;
  const direct = { socketPath: 'worker', prefix: '', mapFolder: FOLDER, ask: haproxy.sockets(owner) } as const;
  const otherwise = { socketPath: 'master', prefix: '@1 ' } as const;
  const own = makeOwn({ machine, owner, runtime: makeRuntime({ ...direct, otherwise }), direct: makeRuntime(direct) });
  const start = (): Promise<boolean> =>
    own.haproxy.reload([]).then(
      () => true,
      () => false,
    );
  return {
    ...own,
    applied: async () => {
      await turns.gate(owner);
      const { marker, serving, isLoading } = haproxy;
      return !isLoading && serving?.pid === marker?.worker ? marker?.fingerprint : undefined;
    },
    revive: async () => {
      await turns.gate(owner);
      if (haproxy.serving !== undefined) return false;
      await own.haproxy.reload([]);
      return true;
    },
    serveAtOnce: () => (haproxy.serving === undefined ? start() : Promise.resolve(false)),
  };
}

interface OwnParts {
  readonly machine: Machine;
  readonly owner: string;
  readonly runtime: Runtime;
  readonly direct: Runtime;
}

/** One call after the other, apart from commands beside a reload. */
function makeOwn(parts: OwnParts): Pick<Reached, 'haproxy' | 'pid'> {
  const { machine, owner, runtime, direct } = parts;
  const inTurn = oneAfterAnother();
  const look = looking(machine, owner);
  const own: Haproxy = {
    reload: () => inTurn(() => reload(parts, look)),
    ...makeTurns(runtime, inTurn),
    meanwhile: () => makeMeanwhile(direct, runtime.pid()),
    review: makeReview({ runtime, mapFolder: FOLDER, inTurn, ready: look }),
    holds: (document) => inTurn(() => look().then(() => runtime.holds(document))),
    agrees: (fingerprint) =>
      inTurn(async () => {
        await look();
        if (machine.haproxy.serving === undefined || machine.haproxy.isLoading) throw new Error('no worker serves');
        if (![undefined, machine.haproxy.serving.pid].includes(runtime.pid())) throw new Error('a different worker serves');
        note(machine, fingerprint);
      }),
  };
  return { haproxy: own, pid: () => runtime.pid() };
}

/** Waits for a master that loads. */
function looking({ turns, haproxy }: Machine, owner: string): () => Promise<void> {
  return async () => {
    do await turns.gate(owner);
    while (haproxy.isLoading);
  };
}

async function reload({ machine, owner, runtime }: OwnParts, look: () => Promise<void>): Promise<void> {
  const { haproxy, disk } = machine;
  const fingerprint = disk.fingerprint();
  await look();
  const { fault } = haproxy;
  const before = haproxy.serving?.pid;
  haproxy.fault = undefined;
  if (haproxy.serving === undefined) {
    haproxy.marker = undefined;
    if (fault === 'refused' || fault === 'ends') throw new Error('HAProxy did not start');
    haproxy.start();
  } else {
    haproxy.load(fault);
    if (fault === 'late') throw new Error('HAProxy did not confirm in time');
  }
  do await machine.turns.gate(owner);
  while (haproxy.isLoading && haproxy.serving?.pid === before); // a new worker says by itself that it serves
  if (haproxy.serving === undefined) throw new Error('HAProxy ended at the reload');
  if (fault !== undefined) throw new Error('HAProxy did not confirm the reload');
  runtime.forget();
  note(machine, fingerprint);
}

function note({ haproxy }: Machine, fingerprint: string): void {
  if (haproxy.serving !== undefined) haproxy.marker = { fingerprint, worker: haproxy.serving.pid };
}
