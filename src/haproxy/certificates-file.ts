import type { PemFile } from '../model/certificates.ts';
import type { CertificateBind, CertificateLine, LoadedCertificates, ShelfLines } from '../model/document.ts';

/**
 * The text of the file beside the configuration: a `crt-list` of HAProxy's. Its comments say what HAProxy has in its memory, for the next daemon: the
 * fingerprints of all files, and what stands in each folder.
 */
export function certificatesText({ fingerprints, list, spoiled = [], pems = new Map(), binds = [] }: LoadedCertificates): string {
  const notes = [
    ...Array.from(fingerprints, ([file, fingerprint]) => `sha256 ${fingerprint} ${file}`),
    ...Array.from(pems.values(), ({ path, fingerprint }) => `pem ${fingerprint} ${path}`),
    ...spoiled.map((file) => `spoiled ${file}`),
    ...binds.flatMap((bind) => ['bind', ...bind.flatMap(shelfNotes)]),
  ];
  return [...notes.map((note) => `# ${note}`), ...list].map((line) => `${line}\n`).join('');
}

function shelfNotes({ name, kind, lines }: ShelfLines): readonly string[] {
  return [`shelf ${kind} ${name}`, ...lines.map((line) => `line ${lineText(line)}`)];
}

/** A line of a `crt-list`: the file, its options in brackets, its host names. */
export function lineText({ path, options, hosts = [] }: CertificateLine): string {
  return [path, ...(options === undefined ? [] : [`[${options}]`]), ...hosts].join(' ');
}

/** Reads a line that `lineText` made. */
export function readLine(text: string): CertificateLine {
  const [open, close] = [text.indexOf(' ['), text.indexOf(']')];
  const hasOptions = open >= 0 && close > open;
  const options = hasOptions ? text.slice(open + 2, close) : undefined;
  const [path = '', ...hosts] = (hasOptions ? text.slice(0, open) + text.slice(close + 1) : text).split(' ').filter((word) => word !== '');
  return { path, ...(options !== undefined && { options }), ...(hosts.length > 0 && { hosts }) };
}

/** Reads the text that `certificatesText` wrote. */
export function readCertificates(text: string): LoadedCertificates {
  const fingerprints = new Map<string, string>();
  const pems = new Map<string, PemFile>();
  const binds: ShelfLines[][] = [];
  const list: string[] = [];
  const spoiled: string[] = [];
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const [, word, first = '', rest = ''] = /^# (sha256|pem|spoiled|bind|shelf|line)(?: (\S+)(?: (.+))?)?$/.exec(line) ?? [];
    if (word === 'sha256') fingerprints.set(rest, first);
    else if (word === 'pem') pems.set(rest, { path: rest, fingerprint: first, names: [], key: '' });
    else if (word === 'spoiled') spoiled.push(`${first} ${rest}`.trim());
    else if (word === 'bind') binds.push([]);
    else if (word === 'shelf') binds.at(-1)?.push({ name: rest, kind: first as ShelfLines['kind'], lines: [] });
    else if (word === 'line') addLine(binds.at(-1), `${first} ${rest}`.trim());
    else if (!line.startsWith('#')) list.push(line);
  }
  const isOld = pems.size === 0 && binds.length === 0; // written by an earlier release, which kept only fingerprints
  return {
    fingerprints,
    list,
    ...(spoiled.length > 0 && { spoiled }),
    ...(!isOld && { pems, binds: binds satisfies readonly CertificateBind[] }),
  };
}

function addLine(bind: ShelfLines[] | undefined, text: string): void {
  const shelf = bind?.pop();
  if (shelf !== undefined) bind?.push({ ...shelf, lines: [...shelf.lines, readLine(text)] });
}
