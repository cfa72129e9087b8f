/** A `server` line whose address is a host name: its indent and words up to the address, its name, its host, and the rest. */
const NAMED =
  /^([ \t]*(?:server[ \t]+(\S+)|server-template[ \t]+(\S+)[ \t]+\S+)[ \t]+(?:ipv[46]@)?([A-Za-z0-9][\w.-]*)(?::\S*)?)(?=\s|$)/gm;

/** Digits and dots only, as in `10.0.0.1`. No host name looks like that. */
const DIGITS = /^[\d.]+$/;

/**
 * The words of a server line that say what HAProxy does with a name that does not resolve. Without them it refuses the whole configuration. With them the
 * server keeps the address that the state file has, or has none until the next reload, and all other servers serve [haproxy: init-addr]. The resolver
 * is asked first, because the address may have changed.
 */
const PATIENT = ' init-addr libc,last,none';

/** A text of a template with these words in each server line that has a host name; a line that says itself what is to be done stays. */
export function patient(text: string): string {
  if (!text.includes('server') || SAYS_ITSELF.test(text)) return text;
  return text.replace(NAMED, (words: string, before: string, _server: string, _template: string, host: string) =>
    DIGITS.test(host) ? words : `${before}${PATIENT}`,
  );
}

/** A `default-server` or `server` line with this word says itself what happens with names that do not resolve. */
const SAYS_ITSELF = /\binit-addr\b/;

/** Whether a text says itself what is to be done with names that do not resolve. */
export function saysInitAddr(text: string): boolean {
  return SAYS_ITSELF.test(text);
}

/** The servers of a text whose address is a host name: name and host. */
export function namedServers(text: string): ReadonlyMap<string, string> {
  const found = Array.from(text.matchAll(NAMED), ([, , server, , host = '']): [string, string] => [server ?? '', host]);
  return new Map(found.filter(([server, host]) => server !== '' && !DIGITS.test(host)));
}
