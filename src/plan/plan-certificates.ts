import { CERTIFICATES_FILE } from '../haproxy/settings.ts';
import { fileUse } from '../model/certificates.ts';
import type { LoadedCertificates, Reason } from '../model/document.ts';
import { reason } from './runtime-commands.ts';

/**
 * Returns why changed certificates need a reload, even if the configuration's text is the same. Returns no reason for a file whose content is not
 * known on both sides.
 */
export function planCertificates(before: LoadedCertificates | undefined, after: LoadedCertificates | undefined): readonly Reason[] {
  if (before === after || before === undefined || after === undefined) return [];
  const renewed = [...after.fingerprints].filter(([file, now]) => (before.fingerprints.get(file) ?? now) !== now);
  const isListed = before.list.length === after.list.length && before.list.every((file, i) => file === after.list[i]);
  return [
    ...renewed.map(([file]) =>
      reason('certificate-changed', file, `the file holds a different ${fileUse(file).keyword === 'page' ? 'page' : 'certificate'}`),
    ),
    ...(isListed ? [] : [reason('certificate-changed', CERTIFICATES_FILE, 'the list of files is different')]),
  ];
}
