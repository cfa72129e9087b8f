import type { AppId } from './names.ts';

/** One header that a label sets, or removes where it has no value. */
export interface HeaderChange {
  readonly name: string;
  readonly value: string | undefined;
}

/** Which pages of other hosts a browser lets use an app (CORS). */
export interface Cors {
  /** Origins such as 'https://shop.acme.org'; '*' alone for all. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly maxAgeSeconds: number | undefined;
  readonly credentials: boolean;
}

/** How HAProxy speaks TLS to the servers. */
export interface BackendTls {
  /** False when any certificate of a server is accepted. */
  readonly verifies: boolean;
  /** The file of the authorities that may sign it; `@system-ca` for those of the system. */
  readonly ca: string;
  /** The name that is asked for, and that the certificate must have. */
  readonly name: string | undefined;
}

/** What the servers of a backend speak: HTTP/1, HTTP/2 inside TLS, or HTTP/2 without TLS and without a question first (prior knowledge). */
export type BackendProtocol = 'http1' | 'h2' | 'h2c';

/** So many requests of one client in so many milliseconds. */
export interface RateLimit {
  readonly requests: number;
  readonly milliseconds: number;
}

/** What the labels say that stand instead of templates. Every field is absent when its label is. Times are in milliseconds. */
export interface Traffic {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  readonly rateLimit?: RateLimit;
  readonly maxTotal?: number;
  readonly maxBody?: number;
  readonly timeouts?: Readonly<Partial<Record<'connect' | 'server' | 'tunnel' | 'queue' | 'client', number>>>;
  readonly retries?: number;
  readonly cors?: Cors;
  readonly redirectTo?: string;
  /** The host to which requests for the `others` are redirected. */
  readonly canonical?: { readonly host: string; readonly others: readonly string[] };
  readonly stripPrefix?: string;
  readonly rewriteHost?: string;
  readonly requestHeaders?: readonly HeaderChange[];
  readonly responseHeaders?: readonly HeaderChange[];
  /** The media types to compress. */
  readonly compress?: readonly string[];
  /** Whether `balance` is a hash that keeps most clients at their server when servers come and go. */
  readonly consistent?: true;
  /** The port whose servers stand in while all servers are down. */
  readonly backup?: { readonly app: AppId; readonly index: number };
  readonly maxPerServer?: number;
  readonly slowStart?: number;
  readonly proxyProtocol?: 1 | 2;
  readonly tls?: BackendTls;
  readonly protocol?: BackendProtocol;
  /** The Host of HAProxy's http check, and the status codes that are good answers. */
  readonly checkHost?: string;
  readonly checkStatus?: string;
}
