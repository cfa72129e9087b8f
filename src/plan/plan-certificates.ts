import path from 'node:path';
import { isSameLine, shelfKey, shelvesByKey } from './certificate-shelves.ts';
import { CERTIFICATES_FILE } from '../haproxy/settings.ts';
import { canStandInCommand } from '../haproxy/server-line.ts';
import { fileUse, type PemFile } from '../model/certificates.ts';
import type { CertificateBind, CertificateLine, Command, LoadedCertificates, Reason, ShelfLines } from '../model/document.ts';
import { changeCertificate, reason } from './runtime-commands.ts';

/** The certificates of two documents, and what decides whether commands can change them. */
export interface CertificateParts {
  readonly before: LoadedCertificates | undefined;
  readonly after: LoadedCertificates | undefined;
  readonly takesCommands: boolean;
  /** The paths of certificates that refused a command. */
  readonly lost: ReadonlyMap<string, string>;
}

/** What changes certificates. */
export interface CertificatePlan {
  readonly commands: readonly Command[];
  readonly reload: readonly Reason[];
}

const NOTHING: CertificatePlan = { commands: [], reload: [] };

/**
 * Plans the changes of certificates, even if the configuration's text is the same: renewed files, and files that come and go in a folder or a list.
 * Nothing is planned for what is not known on both sides, nor for a word of a bind that comes or goes, because its line is a reason for a reload.
 */
export function planCertificates({ before, after, takesCommands, lost }: CertificateParts): CertificatePlan {
  if (before === after || before === undefined || after === undefined) return NOTHING;
  const reload = planOthers(before, after);
  const change = changeOf(before, after);
  if (change === undefined) return { commands: [], reload };
  const stuck = [...whyReload(change, { before, after }), ...orderReasons(change, after)];
  if (stuck.length > 0) return { commands: [], reload: [...reload, ...stuck] };
  const commands = commandsOf(change).filter(({ reason: { subject } }) => !lost.has(subject));
  return takesCommands ? { commands, reload } : { commands: [], reload: [...reload, ...new Set(commands.map((one) => one.reason))] };
}

/** Files that only a reload loads, and lists of which nothing more is known. */
function planOthers(before: LoadedCertificates, after: LoadedCertificates): readonly Reason[] {
  const changed = [...after.fingerprints].filter(([file, now]) => (before.fingerprints.get(file) ?? now) !== now);
  const isKnown = before.binds !== undefined && after.binds !== undefined;
  const kinds = new Map((before.binds ?? []).flat().map(({ name, kind }) => [name, kind]));
  const turned = (after.binds ?? []).flat().filter(({ name, kind }) => (kinds.get(name) ?? kind) !== kind);
  const isListed = isKnown || (before.list.length === after.list.length && before.list.every((line, i) => line === after.list[i]));
  return [
    ...changed.map(([file]) =>
      reason('certificate-changed', file, `the file holds a different ${fileUse(file).keyword === 'page' ? 'page' : 'content'}`),
    ),
    ...turned.map(({ name, kind }) => reason('certificate-changed', name, `it is a ${kind} now`)),
    ...(isListed ? [] : [reason('certificate-changed', CERTIFICATES_FILE, 'the list of files is different')]),
  ];
}

/** A line that was added to a folder or list, or removed from it. */
interface Moved {
  readonly shelf: ShelfLines;
  readonly line: CertificateLine;
  /** All lines of the file are meant, whatever they say. */
  readonly isEvery?: boolean;
}

/** How the certificates differ. */
interface CertificateDifferences {
  readonly renewed: readonly PemFile[];
  readonly fresh: readonly PemFile[];
  readonly added: readonly Moved[];
  readonly gone: readonly Moved[];
  /** The files that nothing needs any more. */
  readonly unused: readonly string[];
}

function changeOf(before: LoadedCertificates, after: LoadedCertificates): CertificateDifferences | undefined {
  const [was, now] = [before.pems, after.pems];
  if (was === undefined || now === undefined) return undefined;
  const renewed = [...now.values()].filter(({ path, fingerprint }) => (was.get(path)?.fingerprint ?? fingerprint) !== fingerprint);
  const [known, wanted] = [shelvesByKey(before.binds ?? []), shelvesByKey(after.binds ?? [])];
  const added: Moved[] = [];
  const gone: Moved[] = [];
  for (const [key, shelf] of wanted) {
    const old = known.get(key);
    if (old === undefined) continue;
    added.push(...missingIn(old, shelf));
    gone.push(...missingIn(shelf, old).filter(({ line }) => !isSpoiled(line.path, after)), ...noLongerSpoiled(before, after, shelf));
  }
  if (renewed.length + added.length + gone.length === 0) return undefined;
  const fresh = new Map(added.flatMap(({ line: { path } }) => (was.has(path) ? [] : [[path, now.get(path)] as const])));
  const kept = new Set([...wanted.values(), ...withoutKeys(known, wanted)].flatMap(({ lines }) => lines.map(({ path }) => path)));
  const unused = [...new Set(gone.map(({ line: { path } }) => path))].filter((path) => !kept.has(path));
  return { renewed, fresh: [...fresh.values()].filter((pem) => pem !== undefined), added, gone, unused };
}

/** Whether a file can't be used now, or its folder: HAProxy keeps what it has of it, because a host would be without its certificate. */
function isSpoiled(file: string, { spoiled = [] }: LoadedCertificates): boolean {
  return spoiled.includes(file) || spoiled.includes(path.dirname(file));
}

/** Files that could not be used and are gone now: HAProxy may have kept what it had of them. */
function noLongerSpoiled(before: LoadedCertificates, after: LoadedCertificates, shelf: ShelfLines): readonly Moved[] {
  if (shelf.kind !== 'list') return [];
  const folders = new Set(shelf.lines.map((line) => path.dirname(line.path)));
  const left = (before.spoiled ?? []).filter((file) => !isSpoiled(file, after) && after.pems?.has(file) !== true && !folders.has(file));
  return left.map((file) => ({ shelf, line: { path: file }, isEvery: true }));
}

/** The lines that the second has and the first does not. */
function missingIn(first: ShelfLines, second: ShelfLines): readonly Moved[] {
  const paths = new Map<string, CertificateLine[]>();
  for (const line of first.lines) paths.set(line.path, [...(paths.get(line.path) ?? []), line]);
  const others = second.lines.filter((line) => paths.get(line.path)?.some((one) => isSameLine(one, line)) !== true);
  return others.map((line) => ({ shelf: second, line }));
}

/** The files, folders and lists that HAProxy keeps until the next reload, although they are no longer wanted. */
function withoutKeys(known: ReadonlyMap<string, ShelfLines>, wanted: ReadonlyMap<string, ShelfLines>): readonly ShelfLines[] {
  return [...known].flatMap(([key, shelf]) => (wanted.has(key) ? [] : [shelf]));
}

/** The reasons why commands can't change the certificates. */
function whyReload(
  { renewed, fresh, added, gone }: CertificateDifferences,
  { before, after }: Record<'before' | 'after', LoadedCertificates>,
): readonly Reason[] {
  const large = [...renewed, ...fresh].flatMap((pem) => {
    const code = renewed.includes(pem) ? 'certificate-changed' : 'certificate-added';
    return pem.needsReload === undefined ? [] : [reason(code, pem.path, pem.needsReload)];
  });
  const fixed = [...added, ...gone].filter(({ shelf }) => shelf.kind === 'file');
  const unspeakable = [...added, ...gone, ...renewed.map(({ path }) => ({ line: { path } }))].filter(({ line }) => !isWord(line.path));
  const others = [...fixed, ...unspeakable].map(({ line }) => reason('certificate-changed', line.path, 'no command can change it'));
  return [...large, ...others, ...defaultReasons(before, after)];
}

function isWord(path: string): boolean {
  return !/\s/.test(path) && canStandInCommand(path);
}

/** HAProxy keeps the first certificate of a bind as the one for clients that name no known host, until a reload. */
function defaultReasons(before: LoadedCertificates, after: LoadedCertificates): readonly Reason[] {
  const known = new Map((before.binds ?? []).map((bind) => [bindKey(bind), bind[0]?.lines[0]?.path]));
  return (after.binds ?? []).flatMap((bind) => {
    const [was, now] = [known.get(bindKey(bind)), bind[0]?.lines[0]?.path];
    if (was === undefined || now === undefined || was === now) return [];
    if (isSpoiled(was, after) || isSpoiled(now, before)) return []; // it stays until the next reload, and may be there when it is mended
    return [reason('certificate-changed', now, `it takes the place of ${was} for clients that name no known host`)];
  });
}

function bindKey(bind: CertificateBind): string {
  return bind.map(shelfKey).join('\n');
}

/**
 * Of two certificates of one kind with the same name HAProxy uses the one that it loaded first, and one that is renewed counts as loaded last. So a
 * change needs a reload when it would turn their order.
 */
function orderReasons({ renewed, added }: CertificateDifferences, { binds = [], pems = new Map() }: LoadedCertificates): readonly Reason[] {
  const touched = new Set([...renewed.map(({ path }) => path), ...added.map(({ line }) => line.path)]);
  return binds.flatMap((bind) => {
    const first = new Map<string, string>();
    const reasons: Reason[] = [];
    for (const line of bind.flatMap(({ lines }) => lines)) {
      for (const name of namesOf(line, pems)) {
        const before = first.get(name);
        if (before === undefined) first.set(name, line.path);
        else if (touched.has(before) && !touched.has(line.path))
          reasons.push(
            reason('certificate-changed', before, `${line.path} has the same name ${name.split(' ')[0] ?? ''}, and comes after it`),
          );
      }
    }
    return reasons.slice(0, 1);
  });
}

function namesOf({ path, hosts }: CertificateLine, pems: ReadonlyMap<string, PemFile>): readonly string[] {
  const pem = pems.get(path);
  return pem === undefined ? [] : (hosts ?? pem.names).map((name) => `${name} ${pem.key}`);
}

/** New certificates come before old ones go, so that a name always has one. */
function commandsOf({ renewed, fresh, added, gone, unused }: CertificateDifferences): readonly Command[] {
  return [
    ...renewed.map((pem) => changeCertificate({ kind: 'load', pem, isNew: false })),
    ...fresh.map((pem) => changeCertificate({ kind: 'load', pem, isNew: true })),
    ...added.map(({ shelf: { name: list }, line }) => changeCertificate({ kind: 'list', list, line })),
    ...gone.map(({ shelf: { name: list }, line, isEvery }) =>
      changeCertificate({ kind: 'unlist', list, line, ...(isEvery && { isEvery }) }),
    ),
    ...unused.map((path) => changeCertificate({ kind: 'unload', path })),
  ];
}
