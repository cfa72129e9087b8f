import type { AppId } from '../model/names.ts';
import type { BackendProtocol, HeaderChange, RateLimit } from '../model/traffic.ts';
import { grammar, list, LONGEST, type Grammar } from './define-grammar.ts';
import { hosts } from './value-grammars.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** HAProxy counts milliseconds in a signed number of 32 bits. */
const LONGEST_MS = 2_147_483_647;

function milliseconds(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  const time = Number(digits) * (UNITS[unit] ?? 0);
  return time >= 1 && time <= LONGEST_MS ? time : undefined;
}

/** A time in milliseconds. A number without a unit is refused: HAProxy counts it in milliseconds, and Marathon in seconds. */
export const time = grammar("a time with its unit, 1ms to 24d ('30s', '500ms', '5m', '1h')", milliseconds);

/** How many connections, at least one. */
export const connections = grammar('a number from 1 to 1000000', (text) => within(text, 1, 1_000_000));

/** How often a connection to a server is tried again. */
export const retries = grammar('a number from 0 to 10', (text) => within(text, 0, 10));

/** How long a browser may keep an answer, in seconds. */
export const seconds = grammar('seconds, 0 to 86400', (text) => within(text, 0, 86_400));

function within(text: string, least: number, most: number): number | undefined {
  const number = /^\d{1,7}$/.test(text) ? Number(text) : -1;
  return number >= least && number <= most ? number : undefined;
}

const SIZES: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** A size in bytes. */
export const size = grammar("a size in bytes, or with k, m or g behind it ('10m')", (text) => {
  const [, digits, unit = ''] = /^(\d{1,9})([kmg]?)$/i.exec(text) ?? [];
  const bytes = Number(digits) * (SIZES[unit.toLowerCase()] ?? 0);
  return bytes >= 1 && bytes <= 1024 ** 4 ? bytes : undefined;
});

/** A limit of requests in a time between a second and a day. */
export const rate = grammar("a number of requests, '/' and a time from 1s to 1d ('100/10s')", (text): RateLimit | undefined => {
  const [count = '', period = '', ...more] = text.split('/');
  const requests = within(count, 1, 1_000_000);
  const time = milliseconds(period);
  const good = requests !== undefined && time !== undefined && time >= 1000 && time <= 86_400_000 && more.length === 0;
  return good ? { requests, milliseconds: time } : undefined;
});

/** One host name, without a wildcard. */
export const host = grammar("a host name ('www.acme.org')", (text) => (/[\s,*[]/.test(text) ? undefined : hosts.read(text).value?.[0]));

/** An origin is a scheme, a host and perhaps a port, as a browser sends it: lower case, without a path. */
export const origins = grammar("origins, separated by commas ('https://shop.acme.org,https://acme.org:8443'), or '*' for all", (text) => {
  const all = text.split(/[\s,]+/).filter((one) => one !== '');
  if (all.length === 0 || all.length > 100) return undefined;
  const good = all.every((one) => one.length <= 300 && /^https?:\/\/[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/.test(one));
  return good || text === '*' ? [...new Set(all)] : undefined;
});

const TOKEN = /^[A-Za-z0-9][\w-]{0,99}$/;

const names = (wanted: string, pattern: RegExp) => list(wanted, ',', (name) => (pattern.test(name.trim()) ? name.trim() : undefined));

/** At most 20 methods of HTTP, in capitals. */
export const methods: Grammar<readonly string[]> = bounded(names("methods, separated by commas ('GET,POST')", /^[A-Z]{1,20}$/), 20);
/** At most 50 names of headers. */
export const headerNames: Grammar<readonly string[]> = bounded(names("names of headers, separated by commas ('Content-Type')", TOKEN), 50);

const MEDIA_TYPE = /^[a-z]+\/[a-z0-9][a-z0-9.+-]{0,80}$/;
/** What is smaller when it is compressed, and is not compressed already. */
const COMPRESSIBLE = [
  ...['text/html', 'text/css', 'text/plain', 'text/javascript', 'text/xml', 'application/javascript', 'application/json'],
  ...['application/xml', 'application/manifest+json', 'image/svg+xml'],
];

/** The media types to compress; `true` stands for those that are usual. An empty list is `false`. */
export const compress = grammar("true, false, or media types, separated by commas ('text/html,application/json')", (text) => {
  if (/^(?:true|t|yes|y)$/i.test(text)) return COMPRESSIBLE;
  if (/^(?:false|f|no|n)$/i.test(text)) return [];
  const all = text.split(',').map((type) => type.trim().toLowerCase());
  return all.length <= 40 && all.every((type) => MEDIA_TYPE.test(type)) ? [...new Set(all)] : undefined;
});

function bounded(of: Grammar<readonly string[]>, most: number): Grammar<readonly string[]> {
  return {
    wanted: of.wanted,
    read: (text) => {
      const read = of.read(text);
      return (read.value?.length ?? 0) > most ? { bad: text, why: `there are more than ${most}` } : read;
    },
  };
}

/** Headers that decide where a message ends or who speaks to whom: HAProxy itself writes them. */
const NOT_TO_SET = /^(?:host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-length|http2-settings|expect)$/i;

const WANTED_HEADERS = "headers, separated by '||' ('X-Frame-Options:DENY||Server:'); without a value the header is removed";

/** The form of Traefik 1: `Name:value||Name:value`. A value is one line of printable ASCII without double quotes and backslashes. */
export const headers: Grammar<readonly HeaderChange[]> = {
  wanted: WANTED_HEADERS,
  read: (text) => {
    const all = text.split('||').map(readHeader);
    const why = all.find((one) => typeof one === 'string');
    if (text.length > LONGEST.value || all.length > 40) return { bad: text };
    return typeof why === 'string' ? { bad: text, why } : { value: all.filter((one) => typeof one !== 'string') };
  },
};

/** A header, or why it is refused. */
function readHeader(text: string): HeaderChange | string {
  const [, name = '', value = ''] = /^\s*([^:\s]+):([^]*)$/.exec(text) ?? [];
  if (!TOKEN.test(name)) return "a header's name has letters, digits, '-' and '_', with ':' behind it";
  if (NOT_TO_SET.test(name)) return `HAProxy itself writes the header ${name}`;
  if (!/^[\x20-\x7e]*$/.test(value.replace(/^[\t ]+/, '')) || /["\\]/.test(value) || value.length > 2000)
    return "a header's value is printable ASCII without '\"' and '\\', up to 2000 characters";
  return { name, value: value.trim() === '' ? undefined : value.trim() };
}

const WITHOUT_NAME: ReadonlyMap<string, string> = new Map([
  ['source', 'source'],
  ['path', 'uri path-only'],
  ['uri', 'uri whole'],
]);
const WITH_NAME: ReadonlyMap<string, (name: string) => string> = new Map([
  ['header', (name) => `hdr(${name})`],
  ['cookie', (name) => `hash req.cook(${name})`],
  ['query', (name) => `url_param ${name}`],
]);

/** What is hashed, as HAProxy's balance takes it. */
export const hashBy = grammar("'source', 'path', 'uri', 'header:NAME', 'cookie:NAME' or 'query:NAME'", (text) => {
  const [kind = '', name, ...more] = text.split(':');
  if (more.length > 0) return undefined;
  if (name === undefined) return WITHOUT_NAME.get(kind);
  return TOKEN.test(name) ? WITH_NAME.get(kind)?.(name) : undefined;
});

/** A place to redirect to. Without a path behind the host, path and query of the request are kept. */
export const redirectTo = grammar("an http or https URL ('https://new.acme.org', 'https://acme.org/moved')", (text) =>
  /^https?:\/\/[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?([/?][\w./?&=%~+,:;@!*()-]*)?$/i.test(text) && text.length <= 2000
    ? text
    : undefined,
);

/** A prefix to take off. '/' alone would take nothing off. */
export const strippedPrefix = grammar("a path ('/shop')", (text) =>
  /^(?:\/[\w.~%!$&()*+,;=:@-]+)+\/?$/.test(text) && text.length <= 500 ? text.replace(/\/$/, '') : undefined,
);

/** The version of the PROXY protocol that the servers are spoken to with. */
export const proxyProtocol = grammar("'v1' or 'v2'", (text): 1 | 2 | undefined => {
  const version = text.toLowerCase();
  return version === 'v1' ? 1 : version === 'v2' ? 2 : undefined;
});

/** Whole seconds, as the templates of checks count them. */
export const interval = grammar("whole seconds, 1s to 1h ('5s', '1m')", (text) => {
  const time = milliseconds(text);
  return time !== undefined && time % 1000 === 0 && time <= 3_600_000 ? time / 1000 : undefined;
});

/** A path of a check, perhaps with a query. */
export const checkPath = grammar("a path ('/health')", (text) =>
  /^\/[\w./?&=%~+,:;@!*()-]*$/.test(text) && text.length <= 500 ? text : undefined,
);

const STATUS = /^[1-5]\d\d(?:-[1-5]\d\d)?$/;

/** The status codes that pass a check, at most 20 codes and ranges, as HAProxy's http-check takes them. */
export const statuses = grammar("status codes and ranges, separated by commas ('200-399', '200,204')", (text) => {
  const all = text.split(',').map((one) => one.trim());
  return all.length <= 20 && all.every((one) => STATUS.test(one) && isOrdered(one.split('-'))) ? all.join(',') : undefined;
});

function isOrdered([first = '', last = first]: readonly string[]): boolean {
  return first <= last;
}

/** Whether the servers speak TLS, and whether their certificates are verified. */
export const backendTls = grammar("'true', 'false', or 'insecure' for TLS with any certificate", (text) => {
  const word = text.toLowerCase();
  return word === 'true' || word === 'false' || word === 'insecure' ? word : undefined;
});

const PROTOCOLS: readonly BackendProtocol[] = ['http1', 'h2', 'h2c'];

/** The version of HTTP that the servers are spoken to in, and whether with TLS. */
export const backendProtocol = grammar("'h2' (HTTP/2 over TLS), 'h2c' (HTTP/2 without TLS) or 'http1'", (text) =>
  PROTOCOLS.find((one) => one === text.toLowerCase()),
);

/** A file of certificate authorities, or those of the system. */
export const authorities = grammar("'system', or a file with its whole path ('/etc/ssl/acme-ca.pem')", (text) =>
  text === 'system' ? '@system-ca' : /^(?:\/[\w.,:@+~-]+)+$/.test(text) && !text.split('/').includes('..') ? text : undefined,
);

/** A version of TLS. */
export const tlsVersion = grammar('1.0, 1.1, 1.2 or 1.3', (text) => (['1.0', '1.1', '1.2', '1.3'] as const).find((one) => one === text));

/** A file of authorities that sign the certificates of clients, and whether a client must have one. */
export const clientAuthorities = grammar(
  "a file with its whole path, and perhaps 'optional' ('/etc/ssl/clients.pem', '/etc/ssl/clients.pem optional')",
  (text) => {
    const [, ca = '', verify = 'required'] = /^(\S+)(?:\s+(required|optional))?$/.exec(text) ?? [];
    return /^(?:\/[\w.,:@+~-]+)+$/.test(ca) && !ca.split('/').includes('..')
      ? { ca, verify: verify as 'required' | 'optional' }
      : undefined;
  },
);

/** The name of a page in the operator's folder: never a path, and not hidden. */
export const pageName = grammar("the name of a file that ends with .html, .htm, .json or .txt ('sorry.html')", (text) =>
  /^[A-Za-z0-9][\w.-]{0,99}$/.test(text) && /\.(?:html?|json|txt)$/.test(text) ? text : undefined,
);

/** A port of an app: its id, and perhaps the index of the port. */
export const portOfApp = grammar(
  "an app's id, and perhaps ':' and the index of its port ('/prod/fallback', '/prod/fallback:1')",
  (text) => {
    const [, app, index = '0'] = /^((?:\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)+)(?::(\d{1,3}))?$/.exec(text) ?? [];
    return app === undefined || app.length > 255 ? undefined : { app: app as AppId, index: Number(index) };
  },
);
