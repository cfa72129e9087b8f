import { readdir, readFile, readlink } from 'node:fs/promises';
import type { BindAddress } from './binds.ts';

const LISTEN = '0A';

/** The ports that a process listens on, as the kernel has it: what a reload of this HAProxy finds taken by itself. None when it can't be seen. */
export async function listenersOf(pid: number): Promise<readonly BindAddress[]> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const sockets = new Set(await Promise.all(names.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''))));
  const tables = await Promise.all(['tcp', 'tcp6'].map((table) => readFile(`/proc/${pid}/net/${table}`, 'utf8').catch(() => '')));
  const rows = tables.flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)));
  return rows.flatMap(([, local = '', , state, , , , , , inode = '']) => {
    const port = Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16);
    return state === LISTEN && sockets.has(`socket:[${inode}]`) ? [{ address: '*', port }] : [];
  });
}
