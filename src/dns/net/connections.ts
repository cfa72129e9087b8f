import type { Socket } from 'node:net';
import { sourceOf } from './rate.ts';

/** The open TCP connections of one endpoint. */
export interface Connections {
  /**
   * Adds a connection. When this exceeds a limit, the connection that has been idle the longest is closed. The caller reports through the returned
   * object when a query is being worked on.
   */
  readonly add: (socket: Socket, source: string) => Connection;
  readonly closeAll: () => void;
}

/** An open connection, which the caller marks as busy or idle. */
export interface Connection {
  /** A query has arrived: the connection is not idle. */
  readonly busy: () => void;
  /** The answer was sent: the connection is idle. */
  readonly idle: () => void;
}

interface ConnectionLimits {
  readonly most: number;
  /** The most connections from one /24 (IPv4) or /56 (IPv6) network. */
  readonly mostOfSource: number;
}

interface Open {
  readonly socket: Socket;
  readonly source: string;
  isBusy: boolean;
}

/** Returns an empty set of connections. The order of the internal set is the order in which connections were last used. */
export function makeConnections({ most, mostOfSource }: ConnectionLimits): Connections {
  const all = new Set<Open>();
  const closeOldest = (among: readonly Open[]): void => {
    const oldest = among.find(({ isBusy }) => !isBusy) ?? among[0];
    if (oldest === undefined) return;
    all.delete(oldest);
    oldest.socket.destroy();
  };
  const add = (socket: Socket, address: string): Connection => {
    const source = sourceOf(address);
    const same = [...all].filter((one) => one.source === source);
    if (same.length >= mostOfSource) closeOldest(same);
    else if (all.size >= most) closeOldest([...all]);
    const open: Open = { socket, source, isBusy: false };
    all.add(open);
    socket.once('close', () => all.delete(open));
    return {
      busy: () => {
        open.isBusy = true;
      },
      idle: () => {
        open.isBusy = false;
        if (all.delete(open)) all.add(open);
      },
    };
  };
  const closeAll = (): void => {
    for (const { socket } of all) socket.destroy();
  };
  return { add, closeAll };
}
