/** What an operator decides about the text of the configuration. */
export interface DocumentSettings {
  /** Whether the shared http and https frontends are there. */
  readonly sharedFrontends: boolean;
  /** Whether each virtual host has an https frontend of its own, with the certificates of its apps. */
  readonly groupHttpsByVhost: boolean;
  /** Whether plain virtual hosts and app ids are looked up in map files. */
  readonly maps: boolean;
  /** The folder of haproxy.cfg, as it stands in the rules that read map files. */
  readonly configFolder: string;
  readonly bindAddress: string;
  readonly ports: { readonly http: number; readonly https: number; readonly appId: number; readonly stats: number };
  /** Files or folders of the shared https frontend. */
  readonly certificates: readonly string[];
  readonly threads: number;
  readonly maxConnections: number | undefined;
  readonly oldWorkerMaxAgeSeconds: number;
  readonly maxOldWorkers: number;
  /** Whether HAProxy counts as healthy while a port that the operator asked for is not bound. */
  readonly degradedOk: boolean;
  /** Where HAProxy's next worker reads which servers are down; none where HAProxy is not ours. */
  readonly statesFile: string | undefined;
  /** Target of the traffic log, as HAProxy's `log` takes it; none: no log. */
  readonly trafficLog: string | undefined;
  /** HAPROXY_GLOBAL_DEFAULT_OPTIONS: an `option` line each. */
  readonly defaultOptions: readonly string[];
}

/** Map files, by what they are for. */
export const DOMAIN_MAP = 'domain2backend.map';
export const APP_MAP = 'app2backend.map';
/** Empty, but for the entry `stop`: then the health page is red, as HAProxy is about to end, or a port of the operator's is not bound. */
export const HEALTH_MAP = 'health.map';
/** All of them. */
export const MAP_FILES: readonly string[] = [DOMAIN_MAP, APP_MAP, HEALTH_MAP];
/** Which certificates HAProxy has read, and a `crt-list` where they are many. */
export const CERTIFICATES_FILE = 'certificates.list';
