import type { BackendName, ServerName } from './names.ts';
import type { Owner } from './problem.ts';

/** One rendered template: the unit of ownership. Line numbers are counted over fragments, only when HAProxy complained. */
export interface Fragment {
  readonly template: string;
  readonly owner: Owner;
  /** Complete lines, each with its line end. */
  readonly text: string;
  /** The label that the text came from, as it stands in the app definition: HAPROXY_0_BACKEND_HEAD. */
  readonly label?: string;
  /** What the default template makes of the same; only where the text comes from a template that the operator put in its place. */
  readonly standard?: () => string;
}

/** A part of the file that begins with a line of its own, in the order it is written. */
export interface Section {
  /** 'global', 'frontend marathon_http_in', 'userlist user_shop_10004' */
  readonly name: string;
  readonly fragments: readonly Fragment[];
}

/** A backend, its servers apart: those may change while HAProxy runs. */
export interface BackendSection extends Section {
  readonly backend: BackendName;
  /** Behind the fragments, a line each. */
  readonly servers: ReadonlyMap<ServerName, Fragment>;
  /** Servers whose task is being killed: not in the file, and drained where HAProxy has them. */
  readonly leaving: ReadonlySet<ServerName>;
}

/** A map file beside the configuration: key -> backend. */
export type MapFile = ReadonlyMap<string, BackendName>;

/** All that HAProxy reads: the file, in order, and the map files beside it, by file name. */
export interface Document {
  readonly front: readonly Section[];
  readonly backends: readonly BackendSection[];
  readonly maps: Readonly<Record<string, MapFile>>;
  /** None where that is not known. */
  readonly certificates?: LoadedCertificates;
}

/** What HAProxy reads of certificates, beside their names in the text. */
export interface LoadedCertificates {
  /** SHA-256 of what it reads for a file or folder, by name: the text stays the same when one is renewed. */
  readonly fingerprints: ReadonlyMap<string, string>;
  /** Those of the shared https frontend, in order, where they are too many for a line: they stand in a file. */
  readonly list: readonly string[];
}

/** What HAProxy runs: a document, and what of it is otherwise in its memory. Known from what was confirmed, or read back. */
export interface Running {
  readonly document: Document;
  /** Servers in another state than their line in the document says, or without a line in it; by 'backend/server'. */
  readonly exceptions: ReadonlyMap<string, ServerException>;
  /** Backends that refused a command, and what they answered: nobody knows what they are like, so they need a reload. */
  readonly lost: ReadonlyMap<BackendName, string>;
}

/** A server that HAProxy has, and does not use as it would one of the file. */
export interface ServerException {
  readonly backend: BackendName;
  readonly server: ServerName;
  /** As the file has it, or had it. */
  readonly line: Fragment;
  readonly stage: Stage;
}

/** How far a server is that does not simply serve. */
export type Stage =
  | 'checking' // in the document, and not enabled before its first check passed
  | 'passed' // its check has passed
  | 'draining' // not in the document; its task is being killed
  | 'stopped'; // in maintenance; not in the document and to be deleted, or in it and to be enabled

/**
 * The way from what HAProxy runs to the wanted document. Commands can go at once, whether or not a reload is needed for the rest; both empty
 * means nothing to do. Nothing is done without a reason.
 */
export interface Plan {
  readonly commands: readonly Command[];
  readonly reload: readonly Reason[];
}

/** One line on HAProxy's runtime socket. */
export interface Command {
  readonly text: string;
  /** What HAProxy answers when it took it; the answer is trimmed. */
  readonly expect: RegExp;
  readonly reason: Reason;
  /** What it has then; none for one that only prepares the next. */
  readonly effect?: Effect;
  /** A refusal means not yet: nothing is lost by it. */
  readonly mayWait?: true;
}

/** What is different in HAProxy when it took a command. */
export type Effect =
  | {
      readonly kind: 'server';
      readonly backend: BackendName;
      readonly server: ServerName;
      readonly line: Fragment;
      readonly stage: Stage | 'as-written';
    }
  | { readonly kind: 'deleted'; readonly backend: BackendName; readonly server: ServerName }
  | { readonly kind: 'map'; readonly file: string; readonly key: string; readonly to: BackendName | undefined };

/** Why HAProxy is changed, for people: `server-added shop_10004: 10_0_0_1_31001`. */
export interface Reason {
  readonly code: ReasonCode;
  readonly subject: string;
  readonly detail: string;
}

/** What kind of change it is, as a word that the log has. */
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
  | 'server-ready' // its check passed, or its task serves again
  | 'server-draining'
  | 'server-deleted'
  | 'map-changed'
  | 'certificate-changed' // its file holds another one
  | 'refused'; // HAProxy did not take a command
