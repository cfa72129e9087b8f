import type { BackendName, ServerName } from './names.ts';
import type { PemFile, Shelf } from './certificates.ts';
import type { AppOwner, Owner } from './problem.ts';

/**
 * One rendered template with its owner. When HAProxy complains about a line, the lines of the fragments are counted to find the fragment and so its
 * owner.
 */
export interface Fragment {
  readonly template: string;
  readonly owner: Owner;
  /** Complete lines, each with its line end. */
  readonly text: string;
  /** The label that the text came from, as it is written in the app definition: HAPROXY_0_BACKEND_HEAD. */
  readonly label?: string;
  /** Renders the default template for the same place; set only when the text comes from a template of the operator that replaces the default. */
  readonly standard?: () => string;
  /** The other ports that have a part in the text. */
  readonly beside?: readonly AppOwner[];
}

/** A section of the configuration file; its fragments are in the order in which they are written. */
export interface Section {
  /** The section's first line: 'global', 'frontend marathon_http_in', 'userlist user_shop_10004'. */
  readonly name: string;
  readonly fragments: readonly Fragment[];
}

/** A backend. Its servers are kept separately from the other lines, because servers can change while HAProxy runs. */
export interface BackendSection extends Section {
  readonly backend: BackendName;
  /** The server lines, which are written after the fragments. */
  readonly servers: ReadonlyMap<ServerName, Fragment>;
  /** Servers whose task is being killed: they are not written into the file, and HAProxy drains them if it has them. */
  readonly leaving: ReadonlySet<ServerName>;
  /** Whether a spare backend can serve in its place; absent when there are no spare backends. */
  readonly inSpare?: InSpare;
}

/** How requests would reach a backend's servers in a spare backend, while the running file does not have the backend. */
export interface InSpare {
  /** Why no spare backend can serve in its place; undefined when one can. */
  readonly why?: string;
  /** The virtual hosts that need a row in the map of spare backends. Those that have rows in other maps are not in it. */
  readonly hosts: readonly string[];
  /** The beginnings of requests, as `shop.acme.org/cart`, that need a row in the map of paths, because a rule would look at the path. */
  readonly paths: readonly string[];
  /** The beginnings of requests that are redirected to https. */
  readonly redirects: readonly string[];
  /** The beginnings of all requests for which the shared frontends have rules, or rows of the routing table, that lead to the backend. */
  readonly claims: readonly string[];
  /** Whether its rules may match any host. */
  readonly isWild: boolean;
  /** The place of its rules among others, largest first. */
  readonly weight: number;
}

/** A map file in the folder of the configuration: key -> backend. */
export type MapFile = ReadonlyMap<string, BackendName>;

/** Everything that HAProxy reads: the sections of the file, in order, and the map files by file name. */
export interface Document {
  readonly front: readonly Section[];
  readonly backends: readonly BackendSection[];
  readonly maps: Readonly<Record<string, MapFile>>;
  /**
   * What is ready for new apps; absent under `--spare-backends 0`. Before HAProxy 3.4 these are backends that serve new apps until a reload gives these
   * backends of their own; from 3.4 on they are `defaults` sections, written like backends without servers, from which HAProxy makes backends.
   */
  readonly spares?: readonly BackendSection[];
  /** Undefined when it is not known. */
  readonly certificates?: LoadedCertificates;
}

/** What HAProxy reads from certificate files, beside the file names in the configuration. */
export interface LoadedCertificates {
  /**
   * SHA-256 of the content, by name of file or folder, because the configuration's text does not change when a file does. Of those that can only be
   * loaded by a reload, such as lists of authorities.
   */
  readonly fingerprints: ReadonlyMap<string, string>;
  /** The lines of the list file for the shared https frontend; empty when the frontend has no list. */
  readonly list: readonly string[];
  /** Files and folders that can't be used now: HAProxy may still have what was there before. */
  readonly spoiled?: readonly string[];
  /** The certificate files in HAProxy's memory, by path. */
  readonly pems?: ReadonlyMap<string, PemFile>;
  /** The binds that have certificates, in no order; each has its words behind `crt` and `crt-list` in order. */
  readonly binds?: readonly CertificateBind[];
}

/** What one bind, or binds with the same words, has for the words behind `crt` and `crt-list`. The first certificate is for clients that name no known host. */
export type CertificateBind = readonly ShelfLines[];

/** A file, folder or list with what stands in it. */
export interface ShelfLines {
  readonly name: string;
  readonly kind: Shelf['kind'];
  readonly lines: readonly CertificateLine[];
}

/** One line of a `crt-list`; in a folder, a file of it. */
export interface CertificateLine {
  /** The path of the certificate file. */
  readonly path: string;
  /** Its options and its host names, as they stand in the line; absent where there are none. */
  readonly options?: string;
  readonly hosts?: readonly string[];
}

/** What HAProxy runs: a document, and how its memory differs from that document. Known because HAProxy confirmed it, or read back from HAProxy. */
export interface Running {
  readonly document: Document;
  /** Servers that are in a different state than their line in the document says, or that have no line in it; by 'backend/server'. */
  readonly exceptions: ReadonlyMap<string, ServerException>;
  /** Backends that refused a command, with HAProxy's answer. Their state is unknown, so they need a reload. */
  readonly lost: ReadonlyMap<BackendName, string>;
  /**
   * Backends that HAProxy has and the document has not, because they are to be deleted. Each is as it was; undefined for one that HAProxy does not
   * delete, or that may be somebody else's.
   */
  readonly strays?: ReadonlyMap<BackendName, Stray | undefined>;
  /** Servers without an address, where that was read back just now. */
  readonly unresolved?: readonly UnresolvedServer[];
}

/** A backend that is to be deleted. */
export interface Stray extends BackendSection {
  /**
   * Set when it was read back, as a daemon left it that ended in the middle of commands. Then its lines are not known, its servers may run, and it may
   * be published. `deletable`: HAProxy was asked to delete it, and nothing in HAProxy's file refers to it.
   */
  readonly found?: 'just-now' | 'deletable';
}

/** A server whose host name did not resolve when HAProxy read its file: it has no address until the next reload. */
export interface UnresolvedServer {
  readonly backend: BackendName;
  readonly server: ServerName;
  readonly host: string;
}

/** A server that HAProxy has, and that is not in the state in which HAProxy starts it from the file. */
export interface ServerException {
  readonly backend: BackendName;
  readonly server: ServerName;
  /** Its line in the file, or the last line it had there. */
  readonly line: Fragment;
  readonly stage: Stage;
}

/** The state of a server that is an exception. */
export type Stage =
  | 'checking' // in the document, but not enabled until its first check has passed
  | 'passed' // in the document; its check has passed and it is to be enabled
  | 'draining' // not in the document, because its task is being killed
  | 'stopped'; // in maintenance: to be deleted if it is not in the document, to be enabled if it is

/**
 * How to get from what HAProxy runs to the wanted document. The commands can be sent at once, whether or not a reload is needed as well. `reload`
 * holds the reasons for a reload. If both are empty, there is nothing to do. Every command and every reload has a reason.
 */
export interface Plan {
  readonly commands: readonly Command[];
  readonly reload: readonly Reason[];
  /** What HAProxy runs after the commands, when spare backends serve a part of the wanted document; absent when it is the wanted document. */
  readonly toward?: Document;
}

/** One command line for HAProxy's runtime socket. */
export interface Command {
  readonly text: string;
  /** Matches HAProxy's answer, trimmed, when HAProxy accepted the command. */
  readonly expect: RegExp;
  readonly reason: Reason;
  /** The rows of a map that the command replaces as a whole: they are prepared beside the old ones, and the command puts all in force at once. */
  readonly rows?: MapFile;
  /** What is different in HAProxy after the command; undefined for a command that only prepares the next one. */
  readonly effect?: Effect;
  /** HAProxy may refuse the command for now. That is no failure: it is sent again later. */
  readonly mayWait?: true;
  /** A change of certificates takes several exchanges with HAProxy. `text` then only names it for people. */
  readonly certificate?: CertificateChange;
}

/** A change of the certificates in HAProxy's memory. */
export type CertificateChange =
  | { readonly kind: 'load'; readonly pem: PemFile; readonly isNew: boolean }
  | { readonly kind: 'list'; readonly list: string; readonly line: CertificateLine }
  | { readonly kind: 'unlist'; readonly list: string; readonly line: CertificateLine; readonly isEvery?: boolean }
  | { readonly kind: 'unload'; readonly path: string };

/** What is different in HAProxy after it accepted a command. */
export type Effect =
  | {
      readonly kind: 'server';
      readonly backend: BackendName;
      readonly server: ServerName;
      readonly line: Fragment;
      readonly stage: Stage | 'as-written';
    }
  | { readonly kind: 'deleted'; readonly backend: BackendName; readonly server: ServerName }
  | BackendEffect
  | { readonly kind: 'map'; readonly file: string; readonly key: string; readonly to: BackendName | undefined }
  | { readonly kind: 'rows'; readonly file: string; readonly map: MapFile }
  | { readonly kind: 'certificate'; readonly change: CertificateChange };

/** A backend that comes or goes while HAProxy runs. It serves only while it is published. */
export interface BackendEffect {
  readonly kind: 'backend';
  readonly backend: BackendName;
  readonly change: 'added' | 'published' | 'unpublished' | 'deleted';
  /** The backend without its servers. */
  readonly section: Stray;
}

/** Why HAProxy is changed, told to people: `server-added shop_10004: 10_0_0_1_31001`. */
export interface Reason {
  readonly code: ReasonCode;
  readonly subject: string;
  readonly detail: string;
}

/** The kind of change, as the log writes it. REASON_SENTENCES has a sentence for each. */
export type ReasonCode =
  | 'not-loaded' // HAProxy has not loaded one of our files yet
  | 'by-hand' // somebody asked for it
  | 'backend-new'
  | 'backend-gone'
  | 'backend-changed'
  | 'front-new'
  | 'front-gone'
  | 'front-changed'
  | 'server-added'
  | 'server-gone'
  | 'server-changed'
  | 'server-ready' // the server's check has passed, or its task serves again
  | 'server-draining'
  | 'server-deleted'
  | 'map-changed'
  | 'certificate-changed' // a file holds a different certificate or error page
  | 'certificate-added'
  | 'certificate-gone'
  | 'spare-taken' // a spare backend serves a port until the next reload
  | 'spare-free' // the port that it served is gone
  | 'name-resolved' // the host name of a server that had no address resolves now
  | 'refused'; // HAProxy refused a command
