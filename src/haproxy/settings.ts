/** The operator's settings for the text of the configuration. */
export interface DocumentSettings {
  /** Whether the shared http and https frontends exist. */
  readonly sharedFrontends: boolean;
  /** Whether each virtual host has its own https frontend, with the certificates of its apps. */
  readonly groupHttpsByVhost: boolean;
  /** Whether https frontends find the app by the Host header, or by the name in the TLS hello as marathon-lb does. */
  readonly httpsRouting: 'host' | 'sni';
  /** Whether the shared https frontend is to serve HTTP/3, where HAProxy can. */
  readonly http3: boolean;
  /** Whether plain virtual hosts and app ids are looked up in map files. */
  readonly maps: boolean;
  /** The folder of haproxy.cfg, as it is written in the rules that read map files. */
  readonly configFolder: string;
  readonly bindAddress: string;
  readonly ports: { readonly http: number; readonly https: number; readonly appId: number; readonly stats: number };
  /** The networks whose connections begin with a PROXY header. */
  readonly acceptProxy: readonly string[];
  /** Files or folders with certificates of the shared https frontend. */
  readonly certificates: readonly string[];
  /** Whether these stand in a list, one by one; decided by their number when left out. */
  readonly isListed?: boolean | undefined;
  readonly threads: number;
  /** Whether nobody has chosen the number of threads, so that fewer are used where each costs much. */
  readonly areThreadsFree?: boolean;
  readonly maxConnections: number | undefined;
  readonly oldWorkerMaxAgeSeconds: number;
  readonly maxOldWorkers: number;
  /** Whether HAProxy counts as healthy while one of the operator's ports is not bound. */
  readonly degradedOk: boolean;
  /** The file from which HAProxy's next worker reads which servers are down; undefined when HAProxy is not ours. */
  readonly statesFile: string | undefined;
  /** The target of the traffic log, as HAProxy's `log` takes it; undefined for no log. */
  readonly trafficLog: string | undefined;
  /** The daemon's socket, from which the stats port answers for what HAProxy itself does not know. */
  readonly adminSocket: string;
  /** The networks that the stats port answers; empty for all. */
  readonly adminNetworks: readonly string[];
  /** How many spare backends there are of each class; undefined or 0 for none. */
  readonly spareBackends?: number;
  /** HAPROXY_GLOBAL_DEFAULT_OPTIONS: one `option` line for each. */
  readonly defaultOptions: readonly string[];
}

/** The file name of the map from virtual host to backend. */
export const DOMAIN_MAP = 'domain2backend.map';
/** The file name of the map from app id to backend, for requests with the header X-Marathon-App-Id. */
export const APP_MAP = 'app2backend.map';
/**
 * The file name of the map for the health page. It is empty, or has the entry `stop`. With that entry the health page is red, because HAProxy is about to end or because one of the operator's ports is
 * not bound.
 */
export const HEALTH_MAP = 'health.map';
/** The maps of the routing table; they exist while a port has routes in it. */
export const TABLE_MAPS = {
  /** `host/path` for PATH_TYPE=prefix, `host/path/` for segment, `host/path/?` for exact: the longest key wins. */
  path: 'route-path.map',
  /** A host -> what has all its paths. */
  host: 'route-host.map',
  /** A domain -> what has all hosts below it, or the wildcard (`*.acme.org`) where that has paths. */
  wildcard: 'route-wildcard.map',
  /** `split:slots` and `split/app id?` -> backend: the longest key wins. */
  split: 'route-split.map',
} as const;
/** A virtual host -> the backend that ends TLS for it itself. The map exists while there is one. */
export const PASSTHROUGH_MAP = 'passthrough.map';
/** Which port a spare backend serves, and virtual hosts that have no other map -> spare backend. The map exists while there are spare backends. */
export const SPARES_MAP = 'spares.map';
/** The beginning of a request, as `shop.acme.org/cart`, -> the spare backend that serves it. The map exists while there are spare backends. */
export const SPARE_PATHS_MAP = 'spare-paths.map';
/** The beginning of a request that is redirected to https -> the spare backend that serves it. The map exists while there are spare backends. */
export const SPARE_REDIRECTS_MAP = 'spare-redirects.map';
/** The maps of which spare backends alone have rows. */
export const SPARE_MAPS: readonly string[] = [SPARES_MAP, SPARE_PATHS_MAP, SPARE_REDIRECTS_MAP];
/** `backend/kind` -> a limit that is changed without a reload. The map exists while there is one. */
export const LIMITS_MAP = 'limits.map';
/** The names of all map files. */
export const MAP_FILES: readonly string[] = [
  DOMAIN_MAP,
  APP_MAP,
  HEALTH_MAP,
  PASSTHROUGH_MAP,
  ...SPARE_MAPS,
  LIMITS_MAP,
  ...Object.values(TABLE_MAPS),
];
/** The certificates that HAProxy has read, and a `crt-list` when they are too many for a line. */
export const CERTIFICATES_FILE = 'certificates.list';
