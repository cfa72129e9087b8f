import type { Meanwhile } from '../model/haproxy.ts';
import type { Runtime } from './worker.ts';

/**
 * Returns the commands of a worker's own socket for use during a reload. They reject once a worker with a different pid answers there, or the worker is
 * about to end. Undefined when the worker is not known, or has no such socket.
 */
export function makeMeanwhile(direct: Runtime | undefined, pid: number | undefined): Meanwhile | undefined {
  if (direct === undefined || pid === undefined) return undefined;
  let isProven = false;
  const proven = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (!isProven) {
      direct.forget();
      const worker = await direct.worker();
      if (worker.pid !== pid)
        throw new Error(`a different worker of HAProxy answers than before the reload (pid ${worker.pid}, not ${pid})`);
      await direct.release(); // from now on `direct` rejects when a different worker answers
      isProven = true;
    }
    return work();
  };
  return {
    send: (commands) => proven(() => direct.send(commands)),
    passed: (servers) => proven(() => direct.passed(servers)),
  };
}
