import { withoutEnd } from '../lib/without-end.ts';
import { lineText } from '../haproxy/certificates-file.ts';
import { isMany } from '../haproxy/crt-list.ts';
import { hostCertificates, type HostCertificate } from '../haproxy/host-certificates.ts';
import { CERTIFICATES_FILE, type DocumentSettings } from '../haproxy/settings.ts';
import type { Certificates, PemFile, Shelf } from '../model/certificates.ts';
import type { CertificateBind, CertificateLine, LoadedCertificates, ShelfLines } from '../model/document.ts';
import type { Front } from '../model/service.ts';

/** What decides which certificates HAProxy reads. */
export interface CertificateInputs {
  readonly told: Certificates;
  /** The files that labels name. */
  readonly files: readonly string[];
  readonly fronts: readonly Front[];
  readonly settings: Omit<DocumentSettings, 'certificates' | 'isListed'>;
}

/**
 * Returns what HAProxy reads from certificate files with the document. Files whose content can change only by a reload are there by their
 * fingerprint; all others as HAProxy has them in its memory.
 */
export function certificatesInForce({ told, files: ofLabels, fronts, settings }: CertificateInputs): LoadedCertificates {
  const { files, contents, named, spoiled = [], isListed = isMany(files) } = told;
  const { sharedFrontends, configFolder } = settings;
  const wanted = new Set(ofLabels);
  const own = named.filter(({ file, serves }) => wanted.has(file) && serves.length > 0);
  const all = [...(sharedFrontends ? contents : []), ...own];
  const shelves = sharedFrontends ? contents.flatMap((content) => content.shelves ?? []) : [];
  const hosts = hostCertificates(fronts, { ...settings, certificates: files });
  const lines = hosts.length > 0 ? [...linesOfOperator(files, shelves, hosts), ...linesOfHosts(hosts, shelvesByName(all), shelves)] : [];
  const isInList = hosts.length > 0 || (isListed && sharedFrontends);
  const inList = hosts.length > 0 || !isInList ? lines : linesOfOperator(files, shelves, []);
  const list = { name: `${configFolder}/${CERTIFICATES_FILE}`, kind: 'list', lines: inList } as const;
  const shared = isInList ? [list] : shelves.map(asWritten);
  const binds: readonly CertificateBind[] = [shared, ...own.map((one) => (one.shelves ?? []).map(asWritten))];
  return {
    fingerprints: new Map(
      all.flatMap(({ file, fingerprint, shelves: known }) =>
        fingerprint === undefined || known !== undefined ? [] : [[file, fingerprint]],
      ),
    ),
    list: inList.map(lineText),
    ...(spoiled.length > 0 && sharedFrontends && { spoiled }),
    pems: new Map(all.flatMap((one) => pemsOf(one.shelves ?? [])).map((pem) => [pem.path, pem])),
    binds: binds.filter((bind) => bind.length > 0),
  };
}

function pemsOf(shelves: readonly Shelf[]): readonly PemFile[] {
  return shelves.flatMap(({ pems }) => pems);
}

function asWritten({ name, kind, pems }: Shelf): ShelfLines {
  return { name, kind, lines: pems.map(({ path }) => ({ path })) };
}

/** A host that no client asks for. HAProxy uses a certificate with only this host for clients that name no known host. */
const NOBODY = 'nobody.invalid';

/**
 * The operator's certificates, without the hosts that have lines of their own. HAProxy uses the first certificate that has a name: the operator's line
 * would come before the host's, without the host's TLS policy.
 */
function linesOfOperator(
  files: readonly string[],
  shelves: readonly Shelf[],
  hosts: readonly HostCertificate[],
): readonly CertificateLine[] {
  if (shelves.length === 0) return files.map((path) => ({ path })); // not looked into, as under --dry
  const claimed = new Set(hosts.flatMap((one) => one.hosts));
  const pems = new Map(pemsOf(shelves).map((pem) => [pem.path, pem])); // a file may be named, and be in a folder too
  return [...pems.values()].flatMap(({ path, names }, i): CertificateLine[] => {
    const left = names.filter((name) => !claimed.has(name));
    if (left.length === names.length) return [{ path }];
    if (left.length > 0) return [{ path, hosts: left }];
    return i === 0 ? [{ path, hosts: [NOBODY] }] : [];
  });
}

/** The lines of hosts: with the certificates of their apps, or with those of the operator that fit. */
function linesOfHosts(
  hosts: readonly HostCertificate[],
  byName: ReadonlyMap<string, Shelf>,
  shelves: readonly Shelf[],
): readonly CertificateLine[] {
  const lines = hosts.flatMap(({ files, options, hosts: names }): CertificateLine[] => {
    const rest = options === undefined ? {} : { options };
    if (files === undefined)
      return names.flatMap((host) => fitting(host, pemsOf(shelves)).map((path) => ({ path, ...rest, hosts: [host] })));
    const paths = files.flatMap((file) => byName.get(withoutEnd(file, '/'))?.pems.map(({ path }) => path) ?? [file]);
    return paths.map((path) => ({ path, ...rest, hosts: names }));
  });
  return joined(lines);
}

/** For each kind of key the first certificate that has the host; the first certificate of all when none has it. */
function fitting(host: string, pems: readonly PemFile[]): readonly string[] {
  const parent = host.replace(/^[^.]+/, '*');
  const byKey = new Map<string, string>();
  for (const wanted of [host, parent])
    for (const { path, names, key } of pems) if (names.includes(wanted) && !byKey.has(key)) byKey.set(key, path);
  const paths = byKey.size > 0 ? [...byKey.values()] : pems.slice(0, 1).map(({ path }) => path);
  return [...new Set(paths)];
}

/** One line for each certificate with the same options. */
function joined(lines: readonly CertificateLine[]): readonly CertificateLine[] {
  const byText = new Map<string, CertificateLine>();
  for (const line of lines) {
    const key = lineText({ ...line, hosts: [] });
    byText.set(key, { ...line, hosts: [...(byText.get(key)?.hosts ?? []), ...(line.hosts ?? [])] });
  }
  return [...byText.values()];
}

function shelvesByName(all: readonly { readonly shelves?: readonly Shelf[] }[]): ReadonlyMap<string, Shelf> {
  return new Map(all.flatMap(({ shelves = [] }) => shelves).map((shelf) => [shelf.name, shelf]));
}
