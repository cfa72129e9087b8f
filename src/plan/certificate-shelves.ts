import { lineText } from '../haproxy/certificates-file.ts';
import type { CertificateBind, CertificateChange, CertificateLine, LoadedCertificates, ShelfLines } from '../model/document.ts';

/** What tells the files, folders and lists of binds apart. */
export function shelfKey({ kind, name }: ShelfLines): string {
  return `${kind} ${name}`;
}

/** The files, folders and lists of all binds, each once. */
export function shelvesByKey(binds: readonly CertificateBind[]): ReadonlyMap<string, ShelfLines> {
  return new Map(binds.flat().map((shelf) => [shelfKey(shelf), shelf]));
}

/** Whether two lines of a list mean the same to HAProxy. */
export function isSameLine(a: CertificateLine, b: CertificateLine): boolean {
  return a === b || lineText(a) === lineText(b);
}

/** The certificates after HAProxy has taken a change. */
export function withCertificate(loaded: LoadedCertificates, change: CertificateChange): LoadedCertificates {
  const pems = new Map(loaded.pems);
  if (change.kind === 'load') return { ...loaded, pems: pems.set(change.pem.path, change.pem) };
  if (change.kind === 'unload') {
    pems.delete(change.path);
    return { ...loaded, pems, ...(loaded.spoiled && { spoiled: loaded.spoiled.filter((file) => file !== change.path) }) };
  }
  const { list, line } = change;
  const text = lineText(line);
  const isOurs = loaded.list.length > 0 && isListFile(loaded, list);
  const without = (lines: readonly string[]): readonly string[] => lines.filter((one) => one !== text);
  const binds = (loaded.binds ?? []).map((bind) =>
    bind.map((shelf) => (shelf.kind !== 'file' && shelf.name === list ? changed(shelf, change) : shelf)),
  );
  const lines = isOurs ? (change.kind === 'list' ? [...without(loaded.list), text] : without(loaded.list)) : loaded.list;
  return { ...loaded, binds, list: lines };
}

function isListFile({ binds = [] }: LoadedCertificates, name: string): boolean {
  return binds.some((bind) => bind.some((shelf) => shelf.kind === 'list' && shelf.name === name));
}

function changed(shelf: ShelfLines, { kind, line }: Extract<CertificateChange, { kind: 'list' | 'unlist' }>): ShelfLines {
  const others = shelf.lines.filter((one) => !isSameLine(one, line));
  return { ...shelf, lines: kind === 'list' ? [...others, line] : others };
}
