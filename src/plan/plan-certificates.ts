import { CERTIFICATES_FILE } from '../haproxy/settings.ts';
import type { LoadedCertificates, Reason } from '../model/document.ts';
import { reason } from './commands.ts';

/** Why HAProxy has to be reloaded, though the text of its configuration may be the same. What is not known of either side is no reason. */
export function planCertificates(before: LoadedCertificates | undefined, after: LoadedCertificates | undefined): readonly Reason[] {
  if (before === after || before === undefined || after === undefined) return [];
  const renewed = [...after.fingerprints].filter(([file, now]) => (before.fingerprints.get(file) ?? now) !== now);
  const isListed = before.list.length === after.list.length && before.list.every((file, i) => file === after.list[i]);
  return [
    ...renewed.map(([file]) => reason('certificate-changed', file, 'it holds another one')),
    ...(isListed ? [] : [reason('certificate-changed', CERTIFICATES_FILE, 'other files')]),
  ];
}
