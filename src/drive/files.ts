import { chmod, copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { ignoreMissing } from '../lib/missing.ts';
import type { Verdict } from '../model/haproxy.ts';
import { certificatesText } from '../haproxy/certificates-file.ts';
import { CERTIFICATES_FILE } from '../haproxy/settings.ts';
import { mapText, textOf } from '../haproxy/file-text.ts';
import { makeFolder } from '../lib/folders.ts';
import { gather } from '../lib/gather.ts';
import type { Logger } from '../lib/logger.ts';
import { sentence } from '../lib/sentence.ts';
import { replaceFile } from '../lib/write-file.ts';
import { areServedLast, noteServed } from './served-note.ts';
import type { Document } from '../model/document.ts';
import { combine, digesting, fingerprintOf, fingerprintOfFiles } from './fingerprints.ts';
import { copyBack, copyTo, mapsIn, mapsLeft, readAll, replaceAll, writeAll, type Place, type Texts } from './texts-on-disk.ts';

/** The files that HAProxy reads: its configuration and the map files. */
export interface Files {
  /** Checks a document and, if HAProxy accepts it, puts it in place. Otherwise the current files stay. Rejects when the files can't be written. */
  put(document: Document): Promise<Verdict>;
  /**
   * Puts a document in place that HAProxy is to start with, unchecked, because the start is the check. Only for where no configuration is in place.
   * Rejects when the files can't be written.
   */
  putFirst(document: Document): Promise<void>;
  /** Takes the files away that `putFirst` put in place and HAProxy did not start with. */
  withdraw(): Promise<void>;
  /**
   * Checks a document without putting it in place. This is one of many checks while searching who is to blame for a refusal, so its deadline is
   * shorter than that of `put`: five times as long as the last accepted configuration took, and from 5 to 30 s; 30 s where that is not known.
   */
  check(document: Document): Promise<Verdict>;
  /** Puts a document in place that HAProxy already runs. Returns the fingerprint of the files. Rejects when they can't be written. */
  write(document: Document): Promise<string>;
  /** Reads the files in place. The texts are empty when there are no files. */
  read(): Promise<{ readonly config: string; readonly maps: Readonly<Record<string, string>> }>;
  /** Returns the fingerprint of the files in place; 'none' when there is no configuration. */
  fingerprint(): Promise<string>;
  /** Copies the files in place, because HAProxy has confirmed that it serves them. Never rejects, because HAProxy serves without the copy as well. */
  confirm(): Promise<void>;
  /** Whether the files in place are those that HAProxy served last, less than a week ago. */
  wasServed(): Promise<boolean>;
  /** Puts the last confirmed files back in place. Returns false when there are none. */
  restore(): Promise<boolean>;
}

/** Where the files are, and how they are checked before they are put in place. */
export interface FilesSettings {
  /** The path of haproxy.cfg; map files are in the same folder. */
  readonly config: string;
  readonly stateDir: string;
  /** How many earlier configurations to keep. */
  readonly archiveVersions: number;
  /** Checks a file with `haproxy -c`; undefined under --skip-validation. */
  readonly check: ((file: string, deadlineMs?: number) => Promise<Verdict>) | undefined;
  readonly now: () => number;
  readonly log: Pick<Logger, 'warn'>;
}

/** The shortest and the longest deadline of `check`, in milliseconds. */
const SHORT_MS = [5_000, 30_000] as const;
const SHORT_TIMES = 5;

/** The configuration and its maps on the disk, and copies of them in the state folder. */
export class FilesOnDisk implements Files {
  readonly #settings: FilesSettings;
  readonly #place: Place;
  readonly #folder: string;
  readonly #name: string;
  #good: string | undefined; // fingerprint of the last files that HAProxy accepted
  #goodMs: number | undefined; // how long HAProxy took to check them

  constructor(settings: FilesSettings) {
    this.#settings = settings;
    this.#folder = path.dirname(path.resolve(settings.config));
    this.#name = path.basename(settings.config);
    this.#place = { folder: this.#folder, name: this.#name };
  }

  async put(document: Document): Promise<Verdict> {
    const texts = textsOf(document, this.#name);
    const wanted = fingerprintOf(texts);
    if (wanted === (await fingerprintOfFiles(this.#folder, [...texts.keys()]))) return { ok: true };
    if (wanted !== this.#good) {
      const start = this.#settings.now();
      const verdict = await this.#validate(texts);
      if (!verdict.ok) return verdict;
      this.#good = wanted;
      this.#goodMs = this.#settings.now() - start;
    }
    await this.#orWarn('the previous configuration could not be archived', () => this.#archive());
    await replaceAll(this.#place, texts);
    return { ok: true };
  }

  async putFirst(document: Document): Promise<void> {
    await writeAll(this.#folder, [...textsOf(document, this.#name)].reverse());
  }

  async withdraw(): Promise<void> {
    for (const file of [this.#name, ...(await mapsIn(this.#folder))]) await rm(path.join(this.#folder, file), { force: true });
  }

  check(document: Document): Promise<Verdict> {
    const [least, most] = SHORT_MS;
    const ms = this.#goodMs === undefined ? most : Math.min(most, Math.max(least, SHORT_TIMES * this.#goodMs));
    return this.#validate(textsOf(document, this.#name), ms);
  }

  async write(document: Document): Promise<string> {
    const digests = new Map<string, string>();
    const all = piecesOf(document, this.#name);
    const left = await mapsLeft(this.#place, new Map(all));
    for (const [file, pieces] of all) {
      const tell = (digest: string): Map<string, string> => digests.set(file, digest);
      await replaceFile(path.join(this.#folder, file), digesting(pieces, tell)); // in pieces, so that the event loop is not blocked
    }
    for (const file of left) await rm(path.join(this.#folder, file), { force: true });
    this.#good = combine(digests);
    await noteServed(this.#settings.stateDir, this.#good);
    return this.#good;
  }

  async wasServed(): Promise<boolean> {
    const { stateDir, now } = this.#settings;
    return areServedLast(stateDir, { fingerprint: await this.fingerprint(), now: now() });
  }

  async read(): Promise<{ readonly config: string; readonly maps: Readonly<Record<string, string>> }> {
    const texts = await readAll(this.#folder, [this.#name, ...(await mapsIn(this.#folder))]);
    const maps = [...texts].filter(([file]) => file !== this.#name);
    return { config: texts.get(this.#name) ?? '', maps: Object.fromEntries(maps) };
  }

  async fingerprint(): Promise<string> {
    const isThere = (await stat(path.join(this.#folder, this.#name)).catch(ignoreMissing)) !== undefined;
    return isThere ? fingerprintOfFiles(this.#folder, [this.#name, ...(await mapsIn(this.#folder))]) : 'none'; // without a configuration, maps in the folder belong to something else
  }

  async confirm(): Promise<void> {
    const words =
      'the configuration that HAProxy runs could not be copied: if HAProxy refuses the next one, an older configuration is put back';
    await this.#orWarn(words, async () => {
      await copyTo(path.join(this.#settings.stateDir, 'confirmed'), this.#place);
    });
    await noteServed(this.#settings.stateDir, await this.fingerprint());
  }

  async restore(): Promise<boolean> {
    return copyBack(path.join(this.#settings.stateDir, 'confirmed'), this.#place);
  }

  /** Checks a candidate in a folder of its own beside the target, together with its maps, so that HAProxy reads it as it would in its place. */
  async #validate(texts: Texts, deadlineMs?: number): Promise<Verdict> {
    const { check } = this.#settings;
    if (check === undefined) return { ok: true };
    const [name, from, to] = [this.#name, this.#folder, path.join(this.#folder, `.${this.#name}.candidate`)];
    try {
      await mkdir(to, { recursive: true, mode: 0o700 });
      await writeAll(
        to,
        [...texts].map(([file, text]) => [file, file === name ? moved({ text, texts, from, to }) : text]),
      );
      const verdict = await check(path.join(to, name), deadlineMs);
      return verdict.ok ? verdict : { ...verdict, lines: verdict.lines.map((line) => line.replaceAll(to, () => from)) };
    } finally {
      await rm(to, { recursive: true, force: true });
    }
  }

  /** Only warns on failure, because a full or missing state folder must not keep a change from being served. */
  async #orWarn(words: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#settings.log.warn({ folder: this.#settings.stateDir, reason: sentence(error) }, words);
    }
  }

  async #archive(): Promise<void> {
    const { archiveVersions: keep, config, stateDir, now } = this.#settings;
    if (keep === 0) return;
    const archive = path.join(stateDir, 'archive');
    await makeFolder(archive);
    const copy = path.join(archive, `${this.#name}.${new Date(now()).toISOString().replaceAll(':', '')}`);
    await copyFile(config, copy).then(() => chmod(copy, 0o600), ignoreMissing);
    const versions = (await readdir(archive)).filter((file) => file.startsWith(`${this.#name}.`)).sort();
    for (const old of versions.slice(0, -keep)) await rm(path.join(archive, old), { force: true });
  }
}

function textsOf(document: Document, name: string): Texts {
  return new Map([[name, [...textOf(document)].join('')], ...besides(document)]);
}

/** The texts of a document in pieces of some size, maps first. */
function piecesOf(document: Document, name: string): readonly (readonly [file: string, pieces: Iterable<string>])[] {
  const config = { [Symbol.iterator]: () => gather(textOf(document)) };
  return [...besides(document).map(([file, text]) => [file, [text]] as const), [name, config]];
}

/** The files that HAProxy reads beside its configuration. */
function besides({ maps, certificates }: Document): readonly (readonly [file: string, text: string])[] {
  const texts = Object.entries(maps).map(([file, map]) => [file, mapText(map)] as const);
  return certificates === undefined ? texts : [...texts, [CERTIFICATES_FILE, certificatesText(certificates)]];
}

/** Returns the configuration with the paths of its maps changed from one folder to the other. */
function moved({
  text,
  texts,
  from,
  to,
}: {
  readonly text: string;
  readonly texts: Texts;
  readonly from: string;
  readonly to: string;
}): string {
  const [, ...maps] = texts.keys();
  if (maps.length === 0) return text;
  const names = [...maps].sort((a, b) => b.length - a.length).map((map) => path.join(from, map).replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return text.replaceAll(new RegExp(names.join('|'), 'g'), (found) => path.join(to, path.basename(found))); // one copy of the text, not one for each map
}
