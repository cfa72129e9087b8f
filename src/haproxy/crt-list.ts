import type { ClientTls, Front } from '../model/service.ts';
import { CERTIFICATES_FILE, type DocumentSettings } from './settings.ts';

/**
 * The most certificates on one line. A line of HAProxy's has at most 64 words: `bind`, two words for each certificate, and the rest of the template.
 */
const MOST_ON_A_LINE = 20;

/** The words after `ssl` for these files: `crt a.pem crt b.pem`. */
export function crt(files: readonly string[]): string {
  return files.map((file) => `crt ${file}`).join(' ');
}

/**
 * The words for the certificates of the shared https frontend, which may be too many for one line, or come and go. The first certificate is the default
 * in either case. Where hosts have certificates or a TLS policy of their own (`hasHosts`), all stand in the list.
 */
export function sharedCrt(settings: Pick<DocumentSettings, 'certificates' | 'configFolder' | 'isListed'>, hasHosts = false): string {
  const { certificates, configFolder, isListed = isMany(certificates) } = settings;
  return hasHosts || isListed ? `crt-list ${configFolder}/${CERTIFICATES_FILE}` : crt(certificates);
}

/** Whether certificates go into a crt-list file because they are too many for one line. */
export function isMany(files: readonly string[]): boolean {
  return files.length > MOST_ON_A_LINE;
}

/** As many of the certificates as fit on one line. */
export function onLine(files: readonly string[]): readonly string[] {
  return files.slice(0, MOST_ON_A_LINE);
}

/**
 * The certificates of a port that HAProxy accepts. Includes a port that another service holds, because the port's hosts may be served with its
 * certificate.
 */
export function certificatesOf({ certificates, bind, claimed }: Front): readonly string[] {
  const named = (bind ?? claimed?.bind)?.certificate;
  return certificates ?? (named === undefined ? [] : [named]);
}

/** The options of a port's bind, with what its clients must bring where it ends TLS, as far as HAProxy takes the files that they name; none where there are none, and `isWithheld` where it does not. */
export function bindOptionsOf({ bindOptions, bind, claimed, clientTls }: Front, isEndedHere: boolean): string | undefined {
  const options = bindOptions ?? (claimed ?? { bind }).bind?.options;
  const policy = isEndedHere ? tlsWords(clientTls) : undefined;
  return [options, policy].filter((one) => one !== undefined).join(' ') || undefined;
}

/** The words of a bind, or the options in a list of certificates. */
export function tlsWords(policy: ClientTls | undefined): string | undefined {
  const { ca, verify = 'required', min } = policy ?? {};
  const words = [...(ca === undefined ? [] : [`ca-file ${ca} verify ${verify}`]), ...(min === undefined ? [] : [`ssl-min-ver TLSv${min}`])];
  return words.length === 0 ? undefined : words.join(' ');
}
