/** A hash as crypt(3) writes it: `$6$salt$…`, `$2b$10$…`; it stands in HAPROXY_n_AUTH behind the user's name. */
const HASH = /\$[0-9a-z]{1,3}\$[^\s'",:|]+/gi;
/** A user of a userlist with the password, as HAProxy quotes such a line. */
const PASSWORD = /\b(user\s+\S+\s+(?:insecure-)?password\s+)(?:'[^']*'|"[^"]*"|[^\s'",]+)/g;
/** The key in a PEM text. */
const KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
/** The files that a bind line names behind `ssl`, as HAProxy quotes the line; a word without a dot or slash is no file. */
const BIND_FILE = /\b(crt|crt-list|ca-file|crl-file|ca-sign-file|tls-ticket-keys)(\s+)[^\s'",]*[/.][^\s'",]*/g;

/** A text for logs and Problems with its secrets hidden: hashes, passwords, private keys, and the files that a bind line names. */
export function hideSecrets(text: string): string {
  if (!/\$|password|PRIVATE KEY|crt|ca-|crl-|tls-ticket/.test(text)) return text;
  return text.replace(KEY, '(hidden)').replace(HASH, '(hidden)').replace(PASSWORD, '$1(hidden)').replace(BIND_FILE, '$1$2(hidden)');
}
