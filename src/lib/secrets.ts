/** A password hash as crypt(3) writes it: `$6$salt$…`, `$2b$10$…`. HAPROXY_n_AUTH has one after the user's name. */
const HASH = /\$[0-9a-z]{1,3}\$[^\s'",:|]+/gi;
/** The line of a user in a userlist, with its password, as HAProxy quotes it in messages. */
const PASSWORD = /\b(user\s+\S+\s+(?:insecure-)?password\s+)(?:'[^']*'|"[^"]*"|[^\s'",]+)/g;
/** The password for the private key with which a bind line signs certificates. */
const PASSPHRASE = /\b(ca-sign-pass\s+)(?:'[^']*'|"[^"]*"|[^\s'",]+)/g;
/** A private key in a PEM text. */
const KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
/** A file that a bind line names after `ssl`, as HAProxy quotes the line in messages. A word without a dot or slash is not a file. */
const BIND_FILE = /\b(crt|crt-list|ca-file|crl-file|ca-verify-file|ca-sign-file|tls-ticket-keys)(\s+)[^\s'",]*[/.][^\s'",]*/g;

/** Returns a text for logs and Problems with `***` in place of password hashes, passwords, private keys, and files that a bind line names. */
export function hideSecrets(text: string): string {
  if (!/\$|password|PRIVATE KEY|crt|ca-|crl-|tls-ticket/.test(text)) return text;
  const withoutHashes = text.replace(KEY, '***').replace(HASH, '***');
  return withoutHashes.replace(PASSWORD, '$1***').replace(PASSPHRASE, '$1***').replace(BIND_FILE, '$1$2***');
}

/** What stands between a name and its secret: the user of `stats auth`, a header's name, what is behind the scheme of an address. */
const CREDENTIALS = [
  /(\bstats\s+auth\s+[^\s:]+:)\S+/gi,
  /(\b(?:proxy-)?authorization["']?(?:\s+|:\s*)["']?)[^\n]+/gi,
  /(\b(?:api-?key|token|secret|passwd|password)["']?\s*[=:]\s*["']?)[^\s"',]+/gi,
  /(:\/\/)[^\s/@"']+@/g,
  /(\b(?:set|add)-header\s+(?=\S*(?:key|token|secret|passw))\S+\s+)[^\n]+/gi,
] as const;

/**
 * Returns a configuration, or a part of one with whole lines, as people may see it: with `***` in place of what only its owner may know. Unlike
 * `hideSecrets` it keeps the names of files.
 */
export function maskSecrets(text: string): string {
  if (!/\$|password|PRIVATE KEY|auth|token|secret|key|passwd|:\/\//i.test(text)) return text;
  const masked = text.replace(KEY, '***').replace(HASH, '***').replace(PASSWORD, '$1***');
  return CREDENTIALS.reduce((shown, pattern) => shown.replace(pattern, pattern === CREDENTIALS[3] ? '$1***@' : '$1***'), masked);
}

/** Returns what is shown of lines of a label or of the configuration: without credentials, and without the names of files that only their owner needs. */
export function hideInLines(text: string): string {
  return maskSecrets(hideSecrets(text));
}
