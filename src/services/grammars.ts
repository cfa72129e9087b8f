import { isIP, isIPv6 } from 'node:net';
import type { Auth } from '../model/service.ts';

/** What a text gave: a value, what of it is not taken, or both (a list with one bad element keeps the others). */
export interface Read<Value> {
  readonly value?: Value;
  readonly bad?: string;
}

/** One kind of label value: what is wanted, in words that stand behind 'wanted: ', and the reader. A plain value can never become more than a value. */
export interface Grammar<Value> {
  readonly wanted: string;
  readonly read: (text: string) => Read<Value>;
}

/** A word that HAProxy reads as one word, wherever in a line it stands. */
const WORD = /^[^\s"'#\\\p{Cc}]+$/u;

const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');

/** A grammar of texts that are read whole or not at all. */
function grammar<Value>(wanted: string, read: (text: string) => Value | undefined): Grammar<Value> {
  return {
    wanted,
    read: (text) => {
      const value = read(text.trim());
      return value === undefined ? { bad: text } : { value };
    },
  };
}

/** A grammar of lists: what is no element is told, the others stand. */
function list(wanted: string, split: RegExp, read: (element: string) => string | undefined): Grammar<readonly string[]> {
  return {
    wanted,
    read: (text) => {
      const elements = text.split(split).filter((element) => element !== '');
      const good = elements.flatMap((element) => read(element) ?? []);
      const bad = elements.filter((element) => read(element) === undefined);
      return {
        ...(good.length > 0 && { value: [...new Set(good)] }),
        ...((bad.length > 0 || good.length === 0) && { bad: bad.join(' ') || text }),
      };
    },
  };
}

/** True words are `true t yes y`, in any case; all else is false [marathon-lb: is_true]. */
export const bool: Grammar<boolean> = {
  wanted: 'true or false',
  read: (text) => ({ value: ['true', 't', 'yes', 'y'].includes(text.trim().toLowerCase()) }),
};

export const groups = list("names, separated by commas ('external,internal')", /\s*,\s*/, (name) => name.trim() || undefined);

export const hosts = list("host names, separated by commas or spaces ('a.acme.org,b.acme.org')", /[\s,]+/, (text) => {
  const host = text.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
  return /^[a-z0-9_]([a-z0-9_.-]{0,252}[a-z0-9_])?$/.test(host) ? host : undefined;
});

export const paths = grammar("paths as HAProxy's path_beg takes them ('/api' or '-i /api /v2')", (text) => {
  const [first, ...rest] = words(text);
  const list = first === '-i' ? rest : words(text);
  const good = list.length > 0 && list.length < 60 && list.every((path) => path.startsWith('/') && WORD.test(path));
  return good ? words(text).join(' ') : undefined;
});

/** Stands where an app's id does, so it must be one: 'shop', '/shop/web'. */
export const groupName = grammar("a name like an app's id ('shop', '/shop/web')", (text) =>
  /^\/?[\w.-]+(\/[\w.-]+)*$/.test(text) ? `/${text.replace(/^\//, '')}` : undefined,
);

export const date = grammar("a date and time in ISO 8601 ('2026-01-01T12:00:00Z')", (text) =>
  Number.isNaN(Date.parse(text)) ? undefined : Date.parse(text),
);

export const anything = grammar('any text', (text) => text);

export const integer = grammar("a whole number ('10', '-1')", (text) => (/^[+-]?\d{1,9}$/.test(text) ? Number(text) : undefined));

export const portIndex = grammar("the index of one of the app's ports ('0')", (text) =>
  /^\d{1,3}$/.test(text) ? Number(text) : undefined,
);

export const port = grammar('a port from 1 to 65535', (text) => {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= 65535 ? number : undefined;
});

export const mode = grammar("'http' or 'tcp'", (text) => {
  const word = text.toLowerCase();
  return word === 'http' || word === 'tcp' ? word : undefined;
});

const ALGORITHMS = [
  'roundrobin',
  'static-rr',
  'leastconn',
  'first',
  'source',
  'uri',
  'url_param',
  'hdr',
  'random',
  'rdp-cookie',
  'hash',
  'log-hash',
  'sticky',
];

export const balance = grammar("an algorithm of HAProxy's balance ('leastconn', 'hdr(X-User)', 'uri depth 2')", (text) => {
  const [algorithm] = /^[a-z_-]+/.exec(text) ?? [''];
  return ALGORITHMS.includes(algorithm) && /^[\w.,:()% -]+$/.test(text) ? words(text).join(' ') : undefined;
});

/** The realm stands in double quotes, where HAProxy expands `$` and reads `\`; the password is a crypt hash, with its `$`s, outside of quotes. */
export const auth = grammar(
  "realm:user:password, the password as crypt(3) encrypts it ('Staff:alice:$6$salt$hash')",
  (text): Auth | undefined => {
    const [, realm = '', user = '', password = ''] = /^([^:]+):([^:]+):(.+)$/.exec(text) ?? [];
    const good = /^[^"$\\\p{Cc}]+$/u.test(realm) && WORD.test(user) && WORD.test(password);
    return good ? { realm, user, password } : undefined;
  },
);

export const networks = grammar("addresses and networks, separated by spaces ('10.1.40.0/24 10.1.55.43')", (text) => {
  const all = words(text);
  return all.length > 0 && all.every(isNetwork) ? all : undefined;
});

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

/** As a bind writes it: `*`, an IPv4 address, or an IPv6 address in brackets. */
export const address = grammar("an address of this machine, or '*' for all ('10.0.0.42')", (text) => {
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  if (text === '*' || isIP(text) === 4) return text;
  return isIPv6(bare) && !bare.includes('%') ? `[${bare}]` : undefined;
});

export const file = grammar("a file without spaces in its name ('/etc/ssl/shop.pem')", (text) => (WORD.test(text) ? text : undefined));

export const bindOptions = grammar("options of HAProxy's bind ('accept-proxy', 'ca-file /etc/ssl/ca.pem verify required')", (text) =>
  words(text).length > 0 && words(text).every((word) => WORD.test(word)) ? words(text).join(' ') : undefined,
);

export const prefix = grammar("a path ('/shop')", (text) => (text.startsWith('/') && WORD.test(text) ? text : undefined));

export const location = grammar("a path or a URL without spaces ('/my/content')", (text) =>
  /^(\/|https?:\/\/)/.test(text) && WORD.test(text) ? text : undefined,
);
