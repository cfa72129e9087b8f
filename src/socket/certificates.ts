import { lineText, readLine } from '../haproxy/certificates-file.ts';
import type { PemFile } from '../model/certificates.ts';
import type { CertificateChange, CertificateLine } from '../model/document.ts';
import type { Tell } from './replace-map.ts';
import { sentence } from '../lib/sentence.ts';

/** Returns the text of a certificate as HAProxy takes it. Rejects when the file is another than the one that was judged. */
export type ReadPem = (pem: PemFile) => Promise<string>;

/** The result of a change that HAProxy has taken. */
const DONE = 'done';

/**
 * Changes certificates in the worker's memory, each by several commands. A change that is there already counts as taken, because a new worker is sent
 * what the worker before it took. It remembers which lines the lists have, so one is made for each series of changes.
 */
export class CertificateChanges {
  readonly #with: Tell & { readonly readPem: ReadPem };
  readonly #lists = new Map<string, readonly NumberedLine[]>();

  constructor(how: Tell & { readonly readPem: ReadPem }) {
    this.#with = how;
  }

  /** Makes a change. Returns 'done', or what HAProxy says against it. Rejects when HAProxy does not answer. */
  async make(change: CertificateChange): Promise<string> {
    switch (change.kind) {
      case 'load':
        return this.#load(change);
      case 'list':
        return this.#list(change.list, change.line);
      case 'unlist':
        return this.#unlist(change);
      case 'unload':
        return accepted(await this.#one(`del ssl cert ${change.path}`), /deleted!|doesn't exist/);
    }
  }

  async #load({ pem, isNew }: Extract<CertificateChange, { kind: 'load' }>): Promise<string> {
    const text = await this.#with.readPem(pem).catch((error: unknown) => ({ why: sentence(error) }));
    if (typeof text !== 'string') return text.why;
    const made = isNew ? accepted(await this.#one(`new ssl cert ${pem.path}`), /^New empty|already exists/) : DONE;
    if (made !== DONE) return made;
    const done = await this.#replace(pem.path, text);
    if (done !== DONE && isNew) await this.#one(`del ssl cert ${pem.path}`); // an empty one is of no use
    return done;
  }

  /** HAProxy has one transaction at a time. A transaction that somebody left open is aborted first, because 2.6 would make ours a part of it. */
  async #replace(path: string, text: string): Promise<string> {
    for (let tries = 1; ; tries++) {
      const answer = await this.#set(path, text);
      const open = openOne(answer);
      if (answer === `Transaction created for certificate ${path}!`) break;
      if (open === undefined || tries === MOST_TRIES) return this.#abandoned(path, answer);
      await this.#one(`abort ssl cert ${open}`);
    }
    const committed = await this.#one(`commit ssl cert ${path}`);
    return committed.includes('Success!') ? DONE : this.#abandoned(path, committed);
  }

  async #abandoned(path: string, answer: string): Promise<string> {
    await this.#one(`abort ssl cert ${path}`);
    return answer;
  }

  async #set(path: string, text: string): Promise<string> {
    return this.#with.payload(`set ssl cert ${path}`, text.trimEnd().split('\n'));
  }

  async #list(list: string, line: CertificateLine): Promise<string> {
    const known = await this.#linesOf(list);
    if (known.some((one) => isSame(one.line, line))) return DONE;
    const isPlain = line.options === undefined && line.hosts === undefined;
    const answer = isPlain
      ? await this.#one(`add ssl crt-list ${list} ${line.path}`)
      : await this.#with.payload(`add ssl crt-list ${list}`, [lineText(line)]);
    const done = accepted(answer, /Success!/);
    if (done === DONE) this.#lists.set(list, [...known, { number: 0, line }]);
    return done;
  }

  /** A file may stand in several lines, which are told apart by their number. */
  async #unlist({ list, line, isEvery = false }: Extract<CertificateChange, { kind: 'unlist' }>): Promise<string> {
    const known = await this.#linesOf(list);
    const isMeant = (one: NumberedLine): boolean => (isEvery ? one.line.path === line.path : isSame(one.line, line));
    for (const { number } of known.filter(isMeant).reverse()) {
      const answer = await this.#one(`del ssl crt-list ${list} ${line.path}${number > 0 ? `:${number}` : ''}`);
      if (!answer.includes('deleted in crtlist')) return answer;
    }
    this.#lists.set(
      list,
      known.filter((one) => !isMeant(one)),
    );
    return DONE;
  }

  async #linesOf(list: string): Promise<readonly NumberedLine[]> {
    const known = this.#lists.get(list);
    if (known !== undefined) return known;
    const lines = readShown(await this.#one(`show ssl crt-list -n ${list}`));
    this.#lists.set(list, lines);
    return lines;
  }

  #one(command: string): Promise<string> {
    return this.#with.command(command);
  }
}

/** How often a certificate is sent while others leave transactions open. */
const MOST_TRIES = 3;

/** The certificate of a transaction that is open already; undefined for any other answer. */
function openOne(answer: string): string | undefined {
  const [, updated, other] = /^Transaction updated for certificate (.+)!$|ongoing transaction is about '(.+?)' but/m.exec(answer) ?? [];
  return updated ?? other;
}

function accepted(answer: string, how: RegExp): string {
  return how.test(answer) ? DONE : answer === '' ? 'nothing' : answer;
}

interface NumberedLine {
  /** 0 in a folder, and for a line that was added just now. */
  readonly number: number;
  readonly line: CertificateLine;
}

/** Reads the answer to `show ssl crt-list -n`: `/etc/ssl/a.pem:3 [ssl-min-ver TLSv1.3] a.org`. */
export function readShown(answer: string): readonly NumberedLine[] {
  return answer.split('\n').flatMap((row) => {
    const [word = '', ...rest] = row.split(' ');
    const at = word.lastIndexOf(':');
    const number = Number(word.slice(at + 1));
    if (!row.startsWith('/') || at < 0 || !Number.isInteger(number)) return [];
    return [{ number, line: readLine([word.slice(0, at), ...rest].join(' ')) }];
  });
}

/** HAProxy shows options in an order of its own. */
function isSame(a: CertificateLine, b: CertificateLine): boolean {
  return a.path === b.path && wordsOf(a.options) === wordsOf(b.options) && (a.hosts ?? []).join(' ') === (b.hosts ?? []).join(' ');
}

function wordsOf(options = ''): string {
  return options.split(' ').sort().join(' ');
}
