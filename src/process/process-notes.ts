import { hash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { lives, readIdentity, identityText, type ProcessIdentity } from './process-identity.ts';
import { readMarker, writeMarker, type AppliedMarker } from './applied-marker.ts';

/** Where is noted what our HAProxy is. */
export interface NotedSettings {
  readonly runDir: string;
  /** Where it is noted once more, as a cleaner of /run takes the run folder away; not at all when not given. */
  readonly stateDir: string | undefined;
}

/** Which master is ours and what its worker has loaded, in memory and in files: the run folder may go away while HAProxy lives. */
export class ProcessNotes {
  readonly #runDir: string;
  readonly #pidPaths: readonly string[];
  readonly #markerPaths: readonly string[];
  #master: ProcessIdentity | undefined;
  #marker: AppliedMarker = {};

  constructor({ runDir, stateDir }: NotedSettings) {
    const name = hash('sha256', path.resolve(runDir)).slice(0, 8); // several run folders may share a state folder
    const copies = (file: string): readonly string[] => (stateDir === undefined ? [] : [path.resolve(stateDir, `run-${name}-${file}`)]);
    this.#runDir = runDir;
    this.#pidPaths = [path.resolve(runDir, 'haproxy.pid'), ...copies('haproxy.pid')];
    this.#markerPaths = [path.resolve(runDir, 'applied.json'), ...copies('applied.json')];
  }

  /** All files that it writes. */
  get files(): readonly string[] {
    return [...this.#pidPaths, ...this.#markerPaths];
  }

  /** The master that lives; else the last that did, where that is known. */
  async master(): Promise<ProcessIdentity | undefined> {
    const found = [this.#master, ...(await Promise.all(this.#pidPaths.map(readIdentity)))].filter((one) => one !== undefined);
    for (const one of found) if (await lives(one)) return one;
    return found[0];
  }

  async noteMaster(master: ProcessIdentity): Promise<void> {
    this.#master = master;
    await this.#write(this.#pidPaths, (file) => writeFile(file, identityText(master), { mode: 0o600 }));
  }

  /** What was confirmed, of a worker that lives; else the last. */
  async marker(): Promise<AppliedMarker> {
    const found = [this.#marker, ...(await Promise.all(this.#markerPaths.map(readMarker)))];
    for (const one of found) if (one.worker !== undefined && (await lives({ pid: one.worker, started: one.started ?? '' }))) return one;
    return found[1] ?? {};
  }

  async noteMarker(marker: AppliedMarker): Promise<void> {
    this.#marker = marker;
    await this.#write(this.#markerPaths, (file) => writeMarker(file, marker));
  }

  forget(): void {
    this.#master = undefined;
    this.#marker = {};
  }

  /** The copy is written where that is possible: a state folder that is full keeps nothing from being served. */
  async #write([first = '', ...copies]: readonly string[], write: (file: string) => Promise<void>): Promise<void> {
    await mkdir(this.#runDir, { recursive: true, mode: 0o700 });
    await write(first);
    for (const copy of copies) await write(copy).catch(() => undefined);
  }
}
