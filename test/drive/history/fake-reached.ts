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
  const runtimeOf = (of: 'master' | 'worker'): Runtime =>
    makeRuntime({ socketPath: of, prefix: of === 'master' ? '@1 ' : '', mapFolder: FOLDER, ask: haproxy.socket(owner, of) });
  const own = makeOwn({ machine, owner, master: runtimeOf('master'), direct: runtimeOf('worker') });
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
  readonly master: Runtime;
  readonly direct: Runtime;
}

/** One call after the other, apart from commands beside a reload. */
function makeOwn(parts: OwnParts): Pick<Reached, 'haproxy' | 'pid'> {
  const { machine, owner, master, direct } = parts;
  const inTurn = oneAfterAnother();
  const look = looking(machine, owner);
  const own: Haproxy = {
    reload: () => inTurn(() => reload(parts, look)),
    ...makeTurns(master, inTurn),
    meanwhile: () => makeMeanwhile(direct, master.pid()),
    review: makeReview({ runtime: master, mapFolder: FOLDER, inTurn, ready: look }),
    holds: (document) => inTurn(() => look().then(() => master.holds(document))),
    agrees: (fingerprint) =>
      inTurn(async () => {
        await machine.turns.gate(owner);
        if (machine.haproxy.serving === undefined || machine.haproxy.isLoading) throw new Error('no worker serves');
        if (![undefined, machine.haproxy.serving.pid].includes(master.pid())) throw new Error('a different worker serves');
        note(machine, fingerprint);
      }),
  };
  return { haproxy: own, pid: () => master.pid() };
}

/** Waits for a master that loads. */
function looking({ turns, haproxy }: Machine, owner: string): () => Promise<void> {
  return async () => {
    do await turns.gate(owner);
    while (haproxy.isLoading);
  };
}

async function reload({ machine, master }: OwnParts, look: () => Promise<void>): Promise<void> {
  const { haproxy, disk } = machine;
  const fingerprint = disk.fingerprint();
  await look();
  const { fault } = haproxy;
  haproxy.fault = undefined;
  if (haproxy.serving === undefined) {
    haproxy.marker = undefined;
    if (fault === 'refused' || fault === 'ends') throw new Error('HAProxy did not start');
    haproxy.start();
  } else {
    haproxy.load(fault);
    if (fault === 'late') throw new Error('HAProxy did not confirm in time');
  }
  await look();
  if (haproxy.serving === undefined) throw new Error('HAProxy ended at the reload');
  if (fault !== undefined) throw new Error('HAProxy did not confirm the reload');
  master.forget();
  note(machine, fingerprint);
}

function note({ haproxy }: Machine, fingerprint: string): void {
  if (haproxy.serving !== undefined) haproxy.marker = { fingerprint, worker: haproxy.serving.pid };
}
