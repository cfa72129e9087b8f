import type { Command, Effect, Fragment, Reason, ReasonCode } from '../model/document.ts';
import type { BackendName, ServerName } from '../model/names.ts';

/** One server of one backend, with the line that HAProxy has it by when the command was taken. */
export interface ServerOf {
  readonly backend: BackendName;
  readonly server: ServerName;
  readonly line: Fragment;
}

type Then = Extract<Effect, { kind: 'server' }>['stage'];

/** Most commands print nothing when they were taken. */
const NOTHING = /^$/;
/** Later versions may print something before or behind it. */
const ADDED = /^New server registered\.$/m;
/** One that is gone already needs no deletion. */
const DELETED = /^(?:Server deleted|No such server)\.$/m;

/** A reason, for people. */
export function reason(code: ReasonCode, subject: string, detail = ''): Reason {
  return { code, subject, detail };
}

/** What a command does with a server. */
export interface ServerCommand extends ServerOf {
  readonly code: ReasonCode;
  /** What it is then. */
  readonly then: Then;
}

function command(text: string, { backend, server, line, code, then }: ServerCommand, expect = NOTHING): Command {
  return { text, expect, reason: reason(code, backend, server), effect: { kind: 'server', backend, server, line, stage: then } };
}

/** A server more; `text` as `makeAddition` has it. */
export function addServer(text: string, of: ServerOf, then: 'stopped' | 'as-written'): Command {
  return command(text, { ...of, code: 'server-added', then }, ADDED);
}

/** Its checks begin; it stays as it is until somebody enables it. */
export function enableHealth(of: ServerOf, code: ReasonCode): Command {
  return command(`enable health ${of.backend}/${of.server}`, { ...of, code, then: 'checking' });
}

/** Traffic for a server that was added. */
export function enableServer(of: ServerOf, code: ReasonCode = 'server-ready'): Command {
  return command(`enable server ${of.backend}/${of.server}`, { ...of, code, then: 'as-written' });
}

/** `ready` serves, `drain` finishes what it has, with its checks; `maint` is out. */
export function setState(state: 'ready' | 'drain' | 'maint', of: ServerCommand): Command {
  return command(`set server ${of.backend}/${of.server} state ${state}`, of);
}

/** A larger or smaller share for a server. */
export function setWeight(weight: number, of: ServerCommand): Command {
  return command(`set server ${of.backend}/${of.server} weight ${weight}`, of);
}

/** HAProxy forgets a server in maintenance; it refuses as long as a connection is left. */
export function deleteServer(backend: BackendName, server: ServerName): Command {
  return {
    text: `del server ${backend}/${server}`,
    expect: DELETED,
    reason: reason('server-deleted', backend, server),
    effect: { kind: 'deleted', backend, server },
    mayWait: true,
  };
}

/** One entry of a map: from which backend, to which; undefined where there is none. */
export interface MapChange {
  /** The map's file name, and the path that the configuration has it by. */
  readonly file: string;
  readonly path: string;
  readonly key: string;
  readonly from: BackendName | undefined;
  readonly to: BackendName | undefined;
}

/** One entry of a map that comes, changes or goes. */
export function changeMap({ file, path, key, from, to }: MapChange): Command {
  const verb = to === undefined ? 'del' : from === undefined ? 'add' : 'set';
  const detail = to === undefined ? `without '${key}'` : `'${key}' leads to ${to}`;
  return {
    text: `${verb} map ${path} ${key}${to === undefined ? '' : ` ${to}`}`,
    expect: NOTHING,
    reason: reason('map-changed', file, detail),
    effect: { kind: 'map', file, key, to },
  };
}
