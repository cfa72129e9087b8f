import type { Socket } from 'node:net';
import { sourceOf } from './rate.ts';

/** The open connections of one endpoint. */
export interface Connections {
  /** Takes one more; where that is one too many, the one that has been idle for longest is closed. Returns whether a query is in work, to be set. */
  readonly add: (socket: Socket, source: string) => Connection;
  readonly closeAll: () => void;
}

/** One of them. */
export interface Connection {
  /** A query has come: the connection is not idle. */
  readonly busy: () => void;
  /** The answer was sent. */
  readonly idle: () => void;
}

interface Limits {
  readonly most: number;
  /** From one /24 or /56. */
  readonly mostOfSource: number;
}

interface Open {
  readonly socket: Socket;
  readonly source: string;
  isBusy: boolean;
}

/** No connection yet. The order of the set is the order in which connections were last used. */
export function makeConnections({ most, mostOfSource }: Limits): Connections {
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
