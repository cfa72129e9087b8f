import path from 'node:path';
import type { Settings } from '../options/options.ts';

/** Where the worker that serves is asked for figures. */
export interface SocketToAsk {
  readonly socketPath: string;
  /** What each command begins with there: '@1 ' leads from the master to its worker. */
  readonly prefix: '' | '@1 ';
}

/** The socket of the master where we start or reload HAProxy, else the one of --haproxy-socket; undefined when neither is there. */
export function socketToAsk(settings: Settings): SocketToAsk | undefined {
  const { command, haproxySocket } = settings;
  if (command === undefined) return { socketPath: masterSocketOf(settings), prefix: '@1 ' };
  return haproxySocket === undefined ? undefined : { socketPath: haproxySocket, prefix: '' };
}

function masterSocketOf({ haproxyMasterSocket, runDir }: Settings): string {
  return path.resolve(haproxyMasterSocket ?? path.join(runDir, 'master.sock'));
}

/** Says that `socketToAsk` is undefined. */
export function noSocketToAsk(): Error {
  return new Error("HAProxy can't be asked for figures: it is reloaded by --command, and --haproxy-socket is not given");
}
