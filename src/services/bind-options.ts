import { LONGEST, WORD, words, type Grammar } from './define-grammar.ts';

const NUMBER = /^\d{1,9}$/;
const CURVES = /^(?:X25519|X448|P-256|P-384|P-521|prime256v1|secp384r1|secp521r1)$/;
const TLS_VERSION = /^(?:SSLv3|TLSv1\.[0-3])$/;

/** The bind options that name a file. */
const FILE_OPTIONS = ['ca-file', 'ca-verify-file', 'ca-sign-file', 'crl-file', 'crt', 'crt-list', 'tls-ticket-keys'];

/** The bind options that HAProxy 2.6 and all later releases accept for an address and a port, each with the form of its argument. */
const BIND_OPTIONS: Readonly<Record<string, RegExp | undefined>> = {
  ...only(undefined, ['accept-proxy', 'allow-0rtt', 'defer-accept', 'generate-certificates', 'no-ca-names', 'no-sslv3', 'no-tls-tickets']),
  ...only(undefined, ['no-tlsv10', 'no-tlsv11', 'no-tlsv12', 'no-tlsv13', 'force-sslv3', 'force-tlsv10', 'force-tlsv11', 'force-tlsv12']),
  ...only(undefined, ['force-tlsv13', 'prefer-client-ciphers', 'ssl', 'strict-sni', 'tfo', 'transparent', 'v4v6', 'v6only']),
  ...only(WORD, FILE_OPTIONS),
  ...only(WORD, ['ca-sign-pass', 'ciphers', 'ciphersuites', 'name']),
  ...only(/^(?:all|(?:[1-9]|[1-8]\d)(?:,(?:[1-9]|[1-8]\d))*)$/, ['ca-ignore-err', 'crt-ignore-err']),
  ...only(/^[\w./-]+(?:,[\w./-]+)*$/, ['alpn', 'npn']),
  ...only(NUMBER, ['accept-netscaler-cip', 'backlog', 'maxconn']),
  ...only(TLS_VERSION, ['ssl-min-ver', 'ssl-max-ver']),
  curves: CURVES,
  ecdhe: CURVES,
  id: /^[1-9]\d{0,8}$/,
  interface: /^[\w.:@-]{1,15}$/,
  mss: /^[1-9]\d{0,3}$/,
  nice: /^-?\d{1,3}$/,
  proto: /^h[12]$/,
  'tcp-ut': /^(?:[1-9]\d{0,6}(?:ms)?|[1-9]\d{0,4}s|[1-9]\d{0,2}m)$/,
  verify: /^(?:none|optional|required)$/,
};

function only(argument: RegExp | undefined, names: readonly string[]): Readonly<Record<string, RegExp | undefined>> {
  return Object.fromEntries(names.map((name) => [name, argument]));
}

/** The options of a port's own bind. */
export const bindOptions: Grammar<string> = {
  wanted: "options of HAProxy's bind ('accept-proxy', 'ssl-min-ver TLSv1.2', 'verify required' and a ca-file)",
  read: (text) => {
    const all = words(text);
    if (text.length > LONGEST.value || all.length === 0) return { bad: text };
    const options = new Map<string, string>();
    const why = readOptions(all, options) ?? lackOf(options);
    return why === undefined ? { value: all.join(' ') } : { bad: text, why };
  },
};

/**
 * Reads options into `into`, by name. Returns what is wrong with the first one that HAProxy would not take, without its argument, which may be a
 * secret; undefined when all are right.
 */
function readOptions(all: readonly string[], into: Map<string, string>): string | undefined {
  for (let at = 0; at < all.length; at++) {
    const name = all[at] ?? '';
    if (!Object.hasOwn(BIND_OPTIONS, name)) return `word ${at + 1} of it is no option of HAProxy's bind`;
    const wanted = BIND_OPTIONS[name];
    const argument = wanted === undefined ? '' : (all[++at] ?? '');
    if (wanted?.test(argument) === false) return `${name} has an argument that HAProxy does not take, or none`;
    if (FILE_OPTIONS.includes(name) && leavesFolder(argument))
      return `the path behind ${name} has '..' in it, which leads out of the operator's folder`;
    into.set(name, argument);
  }
  return undefined;
}

/** Whether a relative path leads out of the folder that the operator's `crt-base` or `ca-base` names. */
function leavesFolder(path: string): boolean {
  return !path.startsWith('/') && path.split('/').includes('..');
}

/** What the options lack: HAProxy refuses TLS without a certificate, and the verification of clients without a CA file. */
function lackOf(options: ReadonlyMap<string, string>): string | undefined {
  if (options.has('ssl') && !options.has('crt') && !options.has('crt-list')) return 'ssl needs a crt or a crt-list';
  const verifies = ['optional', 'required'].includes(options.get('verify') ?? '');
  return verifies && !options.has('ca-file') ? 'verify needs a ca-file' : undefined;
}
