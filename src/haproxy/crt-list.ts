import type { LoadedCertificates } from '../model/document.ts';
import type { Front } from '../model/service.ts';
import { CERTIFICATES_FILE, type DocumentSettings } from './settings.ts';

/** HAProxy takes 64 words on a line: `bind`, two for each certificate, and what a template has behind them. */
const MOST_ON_A_LINE = 20;

/** What stands behind `ssl` for these files: `crt a.pem crt b.pem`. */
export function crt(files: readonly string[]): string {
  return files.map((file) => `crt ${file}`).join(' ');
}

/** The same for those of the shared https frontend, which may be many. The first one is the default in both ways. */
export function sharedCrt(settings: Pick<DocumentSettings, 'certificates' | 'configFolder'>): string {
  const { certificates, configFolder } = settings;
  const [first = ''] = certificates;
  return listOf(certificates).length === 0 ? crt(certificates) : `${crt([first])} crt-list ${configFolder}/${CERTIFICATES_FILE}`;
}

/** Those that stand in a file of their own, as they are too many for a line. */
export function listOf(files: readonly string[]): readonly string[] {
  return files.length > MOST_ON_A_LINE ? files : [];
}

/** The certificates of a port, as far as HAProxy takes them. Also of one that another service has: its hosts may be served with them. */
export function certificatesOf({ certificates, bind, claimed }: Front): readonly string[] {
  const named = (bind ?? claimed?.bind)?.certificate;
  return certificates ?? (named === undefined ? [] : [named]);
}

/** The options of a port's bind, as far as HAProxy takes the files that they name; none where there are none, and `isWithheld` where it does not. */
export function bindOptionsOf({ bindOptions, bind, claimed }: Front): string | undefined {
  return bindOptions ?? (claimed ?? { bind }).bind?.options;
}

/** The text of the file beside the configuration, a `crt-list` of HAProxy's; fingerprints are comments in it. */
export function certificatesText({ fingerprints, list }: LoadedCertificates): string {
  const notes = Array.from(fingerprints, ([file, fingerprint]) => `# sha256 ${fingerprint} ${file}\n`);
  return [...notes, ...list.map((file) => `${file}\n`)].join('');
}

/** What that text says. */
export function readCertificates(text: string): LoadedCertificates {
  const lines = text.split('\n').filter((line) => line !== '');
  const notes = lines.flatMap((line): [string, string][] => {
    const [, fingerprint = '', file = ''] = /^# sha256 (\S+) (.+)$/.exec(line) ?? [];
    return file === '' ? [] : [[file, fingerprint]];
  });
  return { fingerprints: new Map(notes), list: lines.filter((line) => !line.startsWith('#')) };
}
