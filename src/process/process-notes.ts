import { hash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { lives, readIdentity, identityText, type ProcessIdentity } from './process-identity.ts';
import { readMarker, writeMarker, type AppliedMarker } from './applied-marker.ts';

/** Where the notes about our HAProxy are kept. */
export interface NotedSettings {
  readonly runDir: string;
  /** A folder for copies, because the run folder may be deleted by a cleaner of /run; no copies when not given. */
  readonly stateDir: string | undefined;
}

/** Keeps in memory and in files which master is ours and what its worker has loaded, because the run folder may be deleted while HAProxy runs. */
export class ProcessNotes {
  readonly #runDir: string;
  readonly #pidPaths: readonly string[];
  readonly #markerPaths: readonly string[];
  #master: ProcessIdentity | undefined;
  #marker: AppliedMarker = {};

  constructor({ runDir, stateDir }: NotedSettings) {
    const name = hash('sha256', path.resolve(runDir)).slice(0, 8); // because several run folders may share one state folder
    const copies = (file: string): readonly string[] => (stateDir === undefined ? [] : [path.resolve(stateDir, `run-${name}-${file}`)]);
    this.#runDir = runDir;
    this.#pidPaths = [path.resolve(runDir, 'haproxy.pid'), ...copies('haproxy.pid')];
    this.#markerPaths = [path.resolve(runDir, 'applied.json'), ...copies('applied.json')];
  }

  /** All files that are written. */
  get files(): readonly string[] {
    return [...this.#pidPaths, ...this.#markerPaths];
  }

  /** Returns our master if it runs, else the last one that is known. */
  async master(): Promise<ProcessIdentity | undefined> {
    const found = [this.#master, ...(await Promise.all(this.#pidPaths.map(readIdentity)))].filter((one) => one !== undefined);
    for (const one of found) if (await lives(one)) return one;
    return found[0];
  }

  /** Records our master. */
  async noteMaster(master: ProcessIdentity): Promise<void> {
    this.#master = master;
    await this.#write(this.#pidPaths, (file) => writeFile(file, identityText(master), { mode: 0o600 }));
  }

  /** Returns the marker of a worker that runs, else the one in the run folder. */
  async marker(): Promise<AppliedMarker> {
    const found = [this.#marker, ...(await Promise.all(this.#markerPaths.map(readMarker)))];
    for (const one of found) if (one.worker !== undefined && (await lives({ pid: one.worker, started: one.started ?? '' }))) return one;
    return found[1] ?? {};
  }

  /** Records what a worker has confirmed. */
  async noteMarker(marker: AppliedMarker): Promise<void> {
    this.#marker = marker;
    await this.#write(this.#markerPaths, (file) => writeMarker(file, marker));
  }

  /** Forgets what is kept in memory; the files stay. */
  forget(): void {
    this.#master = undefined;
    this.#marker = {};
  }

  /** Writes a file and its copies. A copy that fails is ignored, because a full state folder must not keep HAProxy from serving. */
  async #write([first = '', ...copies]: readonly string[], write: (file: string) => Promise<void>): Promise<void> {
    await mkdir(this.#runDir, { recursive: true, mode: 0o700 });
    await write(first);
    for (const copy of copies) await write(copy).catch(() => undefined);
  }
}
