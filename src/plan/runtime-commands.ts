import type {
  BackendEffect,
  BackendSection,
  CertificateChange,
  CertificateLine,
  Command,
  Effect,
  Fragment,
  MapFile,
  Reason,
  ReasonCode,
} from '../model/document.ts';
import { limitedBackend } from '../haproxy/limits.ts';
import { LIMITS_MAP, SPARE_REDIRECTS_MAP } from '../haproxy/settings.ts';
import type { BackendName, ServerName } from '../model/names.ts';

/** A server of a backend, with its line once HAProxy has accepted the command. */
export interface ServerOf {
  readonly backend: BackendName;
  readonly server: ServerName;
  readonly line: Fragment;
}

type Then = Extract<Effect, { kind: 'server' }>['stage'];

/** Most commands print nothing when HAProxy accepts them. */
const NOTHING = /^$/;
/** Later versions may print more lines before or after this one. */
const ADDED = /^New server registered\.$/m;
/** A server that does not exist counts as deleted. */
const DELETED = /^(?:Server deleted|No such server)\.$/m;

/** Makes a reason. */
export function reason(code: ReasonCode, subject: string, detail = ''): Reason {
  return { code, subject, detail };
}

/** A server command, apart from its text. */
export interface ServerCommand extends ServerOf {
  readonly code: ReasonCode;
  /** The server's state after the command. */
  readonly then: Then;
}

function command(text: string, { backend, server, line, code, then }: ServerCommand, expect = NOTHING): Command {
  return { text, expect, reason: reason(code, backend, server), effect: { kind: 'server', backend, server, line, stage: then } };
}

/** The command that adds a server; `text` comes from `makeAddition`. */
export function addServer(text: string, of: ServerOf, then: 'stopped' | 'as-written'): Command {
  return command(text, { ...of, code: 'server-added', then }, ADDED);
}

/** The command that starts a server's health checks. The server gets no traffic until it is enabled. */
export function enableHealth(of: ServerOf, code: ReasonCode): Command {
  return command(`enable health ${of.backend}/${of.server}`, { ...of, code, then: 'checking' });
}

/** The command that gives traffic to a server that was added. */
export function enableServer(of: ServerOf, code: ReasonCode = 'server-ready'): Command {
  return command(`enable server ${of.backend}/${of.server}`, { ...of, code, then: 'as-written' });
}

/** The command that sets a server's state: `ready` serves, `drain` only finishes its connections and is still checked, `maint` gets nothing. */
export function setState(state: 'ready' | 'drain' | 'maint', of: ServerCommand): Command {
  return command(`set server ${of.backend}/${of.server} state ${state}`, of);
}

/** The command that sets a server's share of the traffic. */
export function setWeight(weight: number, of: ServerCommand): Command {
  return command(`set server ${of.backend}/${of.server} weight ${weight}`, of);
}

/** The command that sets how many connections a server gets at once. */
export function setMaxconn(most: number, of: ServerCommand): Command {
  return command(`set maxconn server ${of.backend}/${of.server} ${most}`, of);
}

/** The command that deletes a server in maintenance. HAProxy refuses it while the server has connections. */
export function deleteServer(backend: BackendName, server: ServerName): Command {
  return {
    text: `del server ${backend}/${server}`,
    expect: DELETED,
    reason: reason('server-deleted', backend, server),
    effect: { kind: 'deleted', backend, server },
    mayWait: true,
  };
}

/** A later HAProxy may say more before or after this. A backend that does not exist counts as deleted. */
const CHANGED = {
  added: /^New backend registered\.$/m,
  published: /^Backend published\.$/m,
  unpublished: /^Backend unpublished\.$/m,
  deleted: /^(?:Backend deleted|No such backend)\.$/m,
} as const satisfies Record<BackendEffect['change'], RegExp>;

/** A command for a backend as a whole [haproxy 3.4]. */
function backendCommand(text: string, effect: Omit<BackendEffect, 'kind' | 'backend'>, told: Reason): Command {
  return { text, expect: CHANGED[effect.change], reason: told, effect: { kind: 'backend', backend: effect.section.backend, ...effect } };
}

/** The command that makes a backend with the lines of a `defaults` section. It gets no requests until it is published. */
export function addBackend(section: BackendSection, from: string): Command {
  const told = reason('backend-new', section.backend, `with the lines of ${from}, without a reload`);
  return backendCommand(`add backend ${section.backend} from ${from}`, { change: 'added', section }, told);
}

/** The command with which a backend gets requests. */
export function publishBackend(section: BackendSection): Command {
  const told = reason('backend-new', section.backend, 'it gets requests');
  return backendCommand(`publish backend ${section.backend}`, { change: 'published', section }, told);
}

/** The command after which a backend gets no more requests. */
export function unpublishBackend(section: BackendSection): Command {
  const told = reason('backend-gone', section.backend, 'without a reload');
  return backendCommand(`unpublish backend ${section.backend}`, { change: 'unpublished', section }, told);
}

/** The command that deletes a backend. HAProxy refuses it while the backend has servers. */
export function deleteBackend(section: BackendSection): Command {
  const told = reason('backend-gone', section.backend, 'its last server is deleted');
  return { ...backendCommand(`del backend ${section.backend}`, { change: 'deleted', section }, told), mayWait: true };
}

/** A change of one map entry. `from` is undefined for a new entry, `to` for a removed one. */
export interface MapChange {
  /** The map's file name … */
  readonly file: string;
  /** … and its path as the configuration writes it. */
  readonly path: string;
  readonly key: string;
  readonly from: BackendName | undefined;
  readonly to: BackendName | undefined;
}

/** The backend that a map entry is about. */
export function subjectOf({ file, key, from, to }: Omit<MapChange, 'path'>): BackendName {
  return file === LIMITS_MAP ? limitedBackend(key) : (to ?? from ?? ('' as BackendName));
}

/** The command that adds, changes or removes one map entry. */
export function changeMap({ file, path, key, from, to }: MapChange): Command {
  const verb = to === undefined ? 'del' : from === undefined ? 'add' : 'set';
  const what = file === SPARE_REDIRECTS_MAP ? 'is redirected to https' : `${file === LIMITS_MAP ? 'is' : 'leads to'} ${to ?? ''}`;
  const detail = `'${key}' ${to === undefined ? 'is removed' : what}`;
  return {
    text: `${verb} map ${path} ${key}${to === undefined ? '' : ` ${to}`}`,
    expect: NOTHING,
    reason: reason('map-changed', file, detail),
    effect: { kind: 'map', file, key, to },
  };
}

/** A map to replace as a whole, and how many of its rows that changes. */
export interface MapReplacement {
  readonly file: string;
  readonly path: string;
  readonly map: MapFile;
  readonly changed: number;
}

/** The command that replaces a map as a whole. */
export function replaceMap({ file, path, map, changed }: MapReplacement): Command {
  return {
    text: `commit map ${path}`,
    rows: map,
    expect: NOTHING,
    reason: reason('map-changed', file, `${changed} of ${map.size} rows at once`),
    effect: { kind: 'rows', file, map },
  };
}

/** The command that changes a certificate in HAProxy's memory. */
export function changeCertificate(certificate: CertificateChange): Command {
  const [text, told] = certificateWords(certificate);
  return { text, expect: /^done$/, reason: told, effect: { kind: 'certificate', change: certificate }, certificate };
}

function certificateWords(change: CertificateChange): readonly [string, Reason] {
  switch (change.kind) {
    case 'load': {
      const { path } = change.pem;
      const told = change.isNew
        ? reason('certificate-added', path)
        : reason('certificate-changed', path, 'the file holds a different certificate');
      return [`set ssl cert ${path}`, told];
    }
    case 'list':
      return [`add ssl crt-list ${change.list} ${change.line.path}`, reason('certificate-added', change.line.path, hostsOf(change.line))];
    case 'unlist':
      return [`del ssl crt-list ${change.list} ${change.line.path}`, reason('certificate-gone', change.line.path, hostsOf(change.line))];
    case 'unload':
      return [`del ssl cert ${change.path}`, reason('certificate-gone', change.path)];
  }
}

function hostsOf({ hosts = [] }: CertificateLine): string {
  return hosts.length === 0 ? '' : `for ${hosts.join(', ')}`;
}
