import { isIP } from 'node:net';
import { bracketed } from '../lib/bracketed.ts';
import { canonicalAddress } from '../lib/canonical-address.ts';
import type { BasicAuth } from '../model/service.ts';
import { grammar, list, LONGEST, WORD, words, type Grammar, type Note } from './define-grammar.ts';
import { costOf } from './hash-cost.ts';

export { bindOptions } from './bind-options.ts';
export type { Grammar, ReadValue } from './define-grammar.ts';

/** A boolean as in marathon-lb's is_true: `true`, `t`, `yes` and `y` in any case are true, everything else is false. */
export const bool: Grammar<boolean> = {
  wanted: 'true or false',
  read: (text) => {
    const word = text.trim().toLowerCase();
    const value = TRUE.has(word);
    return value || FALSE.has(word) ? { value } : { value, note: countsAsFalse(text) };
  },
};

const TRUE: ReadonlySet<string> = new Set(['true', 't', 'yes', 'y']);

/** The words that a person writes for false. marathon-lb takes every other word for false too, `on`, `1` and a misspelled `true` among them. */
const FALSE: ReadonlySet<string> = new Set(['', 'false', 'f', 'no', 'n', '0', 'off']);

function countsAsFalse(text: string): Note {
  return { says: `is ${JSON.stringify(text.slice(0, 200))}, which counts as false`, advice: "write 'true' or 'false'" };
}

/** The groups of load balancers that serve an app or a port. */
export const groups = list("names, separated by commas ('external,internal')", ',', (name) => name.trim());

/**
 * The names of HAProxy's converters, 2.6 to 3.4. A host of one label with the name of a converter, after a sample (`{ ssl_fc_sni not }`), is read as
 * the converter, and the rule then matches every host or none, or is an error.
 */
const CONVERTER = new RegExp(
  `^(?:${[
    'add|add_item|and|aes_\\w+|b64dec|base64|be2dec|be2hex|bool|bytes|capture-re[qs]|concat|cpl|crc32c?|cut_crlf|debug|digest|div|djb2|even',
    'field|fix_\\w+|hex|hex2i|hmac|host_only|htonl|http_date|iif|in_table|ip\\w*|json|json_query|jwt_\\w+|language|le2dec|length|lower|ltrim',
    '(?:ms_|us_)?[lu]time|map|map_\\w+|mod|mqtt_\\w+|mul|nbsrv|neg|not|odd|or|param|port_only|protobuf|regsub|reverse|reverse_dom|rfc7239_\\w+',
    'rtrim|sdbm|secure_memcmp|(?:un)?set-var(?:-fmt)?|sha[12]|srv_\\w+|strcmp|sub|table_\\w+|ub64dec|ub64enc|ungrpc|upper|url_dec|url_enc|when',
    'word|wt6|x509_\\w+|xor|xxh\\d+',
  ].join('|')})$`,
);

/** Virtual hosts in lower case, without a port: names, IPv6 addresses in brackets, and `*.` with a domain. */
export const hosts = list("host names, separated by commas or spaces ('a.acme.org,b.acme.org')", /[\s,]+/, readHost, guessHost);

function readHost(text: string): string | undefined {
  const host = text.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
  if (host.startsWith('[')) return isIP(host.slice(1, -1)) === 6 && host.endsWith(']') && !host.includes('%') ? host : undefined;
  if (host.startsWith('*.')) return host.includes('.', 2) && !host.includes('*', 1) ? withStar(readHost(host.slice(2))) : undefined;
  return /^[a-z0-9_]([a-z0-9_.-]{0,252}[a-z0-9_])?$/.test(host) && !CONVERTER.test(host) ? host : undefined;
}

function withStar(domain: string | undefined): string | undefined {
  return domain === undefined ? undefined : `*.${domain}`;
}

/**
 * The host that was probably meant: the host of a URL, or the form that DNS uses for letters outside ASCII ('xn--caf-dma.acme.org' for
 * 'café.acme.org').
 */
function guessHost(text: string): string | undefined {
  const url = `http://${text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')}`;
  const host = text.length <= 300 && URL.canParse(url) && !text.includes('@') ? readHost(new URL(url).hostname) : undefined;
  if (host?.includes('.') !== true) return undefined;
  const { pathname } = new URL(url);
  return pathname === '/' ? host : `${host} with HAPROXY_n_PATH=${pathname}`;
}

/** Path prefixes, with single spaces between them. */
export const paths = grammar("paths that begin with '/', as HAProxy's path_beg takes them ('/api' or '-i /api /v2')", (text) => {
  const [first, ...rest] = words(text);
  const list = first === '-i' ? rest : words(text);
  const good = list.length > 0 && list.length < 60 && list.every((path) => path.startsWith('/') && WORD.test(path));
  return good ? words(text).join(' ') : undefined;
});

/** The name of a group, which replaces an app's id and therefore has to look like one: 'shop', '/shop/web'. */
export const groupName = grammar("a name like an app's id ('shop', '/shop/web')", (text) =>
  /^\/?[\w.-]+(\/[\w.-]+)*$/.test(text) ? `/${text.replace(/^\//, '')}` : undefined,
);

/** A date. Without a time zone it is UTC, wherever the load balancer runs. */
export const date = grammar("a date and time in ISO 8601 ('2026-01-01T12:00:00Z')", (text) => {
  const [, day, time = '00:00', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)?)?$/.exec(text) ?? [];
  const at = Date.parse(`${day ?? ''}T${time}${zone.replace(/(\d\d)(\d\d)$/, '$1:$2')}`);
  return Number.isNaN(at) ? undefined : at;
});

/** Any text: for labels that are not read here, or not only as a number. */
export const anything: Grammar<string> = { wanted: 'any text', read: (text) => ({ value: text.trim() }) };

/** A whole number of up to nine digits. */
export const integer = grammar("a whole number ('10', '-1')", (text) => (/^[+-]?\d{1,9}$/.test(text) ? Number(text) : undefined));

/** The place of a port in the app's list of ports, counted from 0. */
export const portIndex = grammar("the index of one of the app's ports ('0')", (text) =>
  /^\d{1,3}$/.test(text) ? Number(text) : undefined,
);

/** A port on which HAProxy or a task listens. */
export const port = grammar('a port from 1 to 65535', (text) => {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= 65535 ? number : undefined;
});

/** The mode of HAProxy in which the port is served. */
export const mode = grammar("'http' or 'tcp'", (text) => {
  const word = text.toLowerCase();
  return word === 'http' || word === 'tcp' ? word : undefined;
});

/**
 * The algorithms of HAProxy's balance for http and tcp, each with its possible arguments. For `hash` only expressions that every HAProxy supports.
 */
const BALANCE = new RegExp(
  `^(?:${[
    'roundrobin|static-rr|leastconn|first|source',
    'random(?:\\([1-9]\\d{0,2}\\))?',
    'uri(?: (?:(?:len|depth) [1-9]\\d{0,4}|whole|path-only))*',
    'url_param [\\w.-]+(?: check_post(?: \\d{1,9})?)?',
    'hdr\\([\\w.-]+\\)(?: use_domain_only)?',
    'rdp-cookie(?:\\([\\w.-]+\\))?',
    'hash (?:src|path|pathq|query|url|base|(?:req\\.)?(?:hdr|fhdr|cook)\\([\\w.-]+\\)|(?:urlp|url_param)\\([\\w.-]+\\))(?:,(?:lower|upper))*',
  ].join('|')})$`,
);

const anyBalance = grammar('', (text) => {
  const line = text.replace(/ +/g, ' ');
  return BALANCE.test(line) ? line : undefined;
});

/** The argument of HAProxy's `balance`, with single spaces. */
export const balance: Grammar<string> = {
  wanted: "an algorithm of HAProxy's balance ('leastconn', 'hdr(X-User)', 'uri depth 2')",
  read: (text) => {
    const read = anyBalance.read(text);
    const meant = SIMPLE_BALANCE.find((word) => word === text.toLowerCase().replace(/[-_\s]/g, ''));
    return { ...read, ...(read.bad !== undefined && meant !== undefined && { meant }) };
  },
};

const SIMPLE_BALANCE = ['roundrobin', 'leastconn', 'first', 'source', 'random'];

/**
 * The realm is rendered in double quotes, where HAProxy expands `$` and interprets `\`. The password is a crypt hash that contains `$`, and is
 * rendered without quotes.
 */
const authParts = grammar(
  "realm:user:password, with the password as a crypt(3) hash from 'openssl passwd -6' ('Staff:alice:HASH')",
  (text): BasicAuth | undefined => {
    const [, realm = '', user = '', password = ''] = /^([^:]+):([^:]+):(.+)$/.exec(text) ?? [];
    const good = /^[^"$\\\p{Cc}]+$/u.test(realm) && WORD.test(user) && WORD.test(password);
    return good ? { realm, user, password } : undefined;
  },
);

/** Basic auth with a bounded cost: HAProxy hashes the password of every request in the thread that serves all other requests as well. */
export const auth: Grammar<BasicAuth> = {
  wanted: authParts.wanted,
  read: (text) => {
    const { value } = authParts.read(text);
    if (value === undefined) return { bad: text };
    if (!isHash(value.password)) return { value, note: NO_HASH };
    const cost = costOf(value.password);
    if ('refused' in cost) return { bad: text, why: cost.refused };
    return { value, ...(cost.milliseconds >= DEAR_MS && { note: dear(cost.milliseconds) }) };
  },
};

/** The cost in milliseconds from which on the owner of a hash is told about it. */
const DEAR_MS = 10;

function dear(milliseconds: number): Note {
  const cost = `${Math.round(milliseconds)} ms of processor time in HAProxy for each request`;
  return { says: `is used, but its hash takes ${cost}, during which that thread serves no other request`, advice: 'choose a cheaper hash' };
}

/** Whether a text can be a hash of crypt(3): with its kind at the beginning, or the 13 characters of DES. */
function isHash(password: string): boolean {
  return /^[$_]/.test(password) || /^[./0-9A-Za-z]{13}$/.test(password);
}

const NO_HASH: Note = {
  says: 'has a password that is no hash of crypt(3), so that no password is ever right, and nobody is let in',
  advice: "put in the hash of the password, from 'openssl passwd -6'",
};

/**
 * IPv4 and IPv6 addresses and networks. One bad element refuses the whole list, because a shorter list would let in or keep out the wrong clients.
 */
export const networks = grammar(
  "addresses and networks, separated by spaces ('10.1.40.0/24 10.1.55.43')",
  (text) => {
    const all = words(text);
    return all.length > 0 && all.every(isNetwork) ? all : undefined;
  },
  LONGEST.list,
);

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const bits = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : -1;
  return (
    bits > 0 &&
    !address.includes('%') &&
    more.length === 0 &&
    (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))
  );
}

/** An address in the form that a bind needs, one form for each address: `*`, an IPv4 address, or an IPv6 address in brackets. */
export const address = grammar("an address of this machine, or '*' for all ('10.0.0.42')", (text) => {
  const bare = text.replace(/^\[([^:\]]*:[^\]]*)\]$/, '$1');
  const found = text === '*' ? text : canonicalAddress(bare);
  return found === undefined ? undefined : bracketed(found);
});

/** The path of a file, as one word of HAProxy's configuration. */
export const file = grammar("a file without spaces in its name ('/etc/ssl/shop.pem')", (text) => (WORD.test(text) ? text : undefined));

/** The beginning of a path, as one word of HAProxy's configuration. */
export const prefix = grammar("a path ('/shop')", (text) => (text.startsWith('/') && WORD.test(text) ? text : undefined));

/** Where a redirect leads, as one word of HAProxy's configuration. */
export const location = grammar("a path or a URL without spaces ('/my/content')", (text) =>
  /^(\/|https?:\/\/)/.test(text) && WORD.test(text) ? text : undefined,
);
