import { watch, type FSWatcher } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import { LATE, within } from '../lib/deadline.ts';
import { ANSWER_MS } from './answered.ts';

/** Kinds of file systems on disks and in memory of this machine [statfs(2)]. Others may not say what other machines write, or may not answer. */
const LOCAL = new Set([
  0xef53, // ext2 to ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0x01021994, // tmpfs
  0x858458f6, // ramfs
  0x794c7630, // overlayfs
  0x2fc12fc1, // zfs
  0xf2f52010, // f2fs
]);

/** The most folders that are watched at a time; the system has a limit for all processes of a user. */
const MOST_FOLDERS = 200;

interface Watched {
  readonly ino: bigint;
  readonly watcher: FSWatcher;
}

/**
 * Says at once when something in a folder changes, as far as the system tells. It may tell nothing: what it does not tell is found by looking. It
 * holds the watchers of folders.
 */
export class Notices {
  readonly #changed: (folder: string, name: string | undefined) => void;
  readonly #watched = new Map<string, Watched>();

  /** `changed` gets the folder, and the name of the file in it where that is known. */
  constructor(changed: (folder: string, name: string | undefined) => void) {
    this.#changed = changed;
  }

  /** Watches these folders and no others. Never rejects. */
  async follow(folders: ReadonlySet<string>): Promise<void> {
    for (const folder of this.#watched.keys()) if (!folders.has(folder)) this.#leave(folder);
    for (const folder of [...folders].slice(0, MOST_FOLDERS)) {
      const ino = await within(inodeOf(folder), { ms: ANSWER_MS });
      if (ino === LATE) return;
      if (ino === this.#watched.get(folder)?.ino) continue;
      this.#leave(folder);
      if (ino !== undefined) this.#watch(folder, ino);
    }
  }

  /** Ends all watching. */
  close(): void {
    for (const folder of [...this.#watched.keys()]) this.#leave(folder);
  }

  #watch(folder: string, ino: bigint): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => {
        this.#changed(folder, name ?? undefined);
      });
      watcher.on('error', () => {
        this.#leave(folder);
      });
      this.#watched.set(folder, { ino, watcher });
    } catch {
      // the system has no watcher left, or the folder is gone
    }
  }

  #leave(folder: string): void {
    this.#watched.get(folder)?.watcher.close();
    this.#watched.delete(folder);
  }
}

/** The inode of a folder on a file system of this machine; undefined for any other. */
async function inodeOf(folder: string): Promise<bigint | undefined> {
  try {
    const { type } = await statfs(folder);
    return LOCAL.has(type) ? (await stat(folder, { bigint: true })).ino : undefined;
  } catch {
    return undefined;
  }
}
