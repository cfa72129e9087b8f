import type { BackendName, ServerName } from './names.ts';
import type { Owner } from './problem.ts';

/** One rendered template: the unit of ownership. Line numbers are counted over fragments, only when HAProxy complained. */
export interface Fragment {
  readonly template: string;
  readonly owner: Owner;
  /** Complete lines, each with its line end. */
  readonly text: string;
}

export interface Section {
  /** 'global', 'frontend marathon_http_in', 'userlist user_shop_10004' */
  readonly name: string;
  readonly fragments: readonly Fragment[];
}

export interface BackendSection extends Section {
  readonly backend: BackendName;
  /** Behind the fragments, a line each. */
  readonly servers: ReadonlyMap<ServerName, Fragment>;
}

/** A map file beside the configuration: key -> backend. */
export type MapFile = ReadonlyMap<string, BackendName>;

/** All that HAProxy reads: the file, in order, and the map files beside it, by file name. */
export interface Document {
  readonly front: readonly Section[];
  readonly backends: readonly BackendSection[];
  readonly maps: Readonly<Record<string, MapFile>>;
}

/**
 * The way from the document that HAProxy runs to the wanted one. Commands can go at once, whether or not a reload is needed for the rest;
 * both empty means nothing to do. Nothing is done without a reason.
 */
export interface Plan {
  readonly commands: readonly Command[];
  readonly reload: readonly Reason[];
}

export interface Command {
  readonly text: string;
  readonly expect: RegExp;
  readonly reason: Reason;
}

/** Why HAProxy is changed, for people: `server-added shop_10004: 10_0_0_1_31001`. */
export interface Reason {
  readonly code: ReasonCode;
  readonly subject: string;
  readonly detail: string;
}

export type ReasonCode =
  | 'not-loaded' // HAProxy has not loaded a file of ours yet
  | 'by-hand' // somebody asked
  | 'backend-new'
  | 'backend-gone'
  | 'backend-changed'
  | 'front-new'
  | 'front-gone'
  | 'front-changed'
  | 'server-added'
  | 'server-gone'
  | 'server-changed'
  | 'map-changed';
