import { keep } from '../lib/keep.ts';
import type { Certificates, NamedFile } from '../model/certificates.ts';
import { withChange } from './absorb-reads.ts';
import type { State } from './state.ts';

/**
 * Takes what is known of certificate files. A port that HAProxy has refused is tried again when a file that its labels name has changed, or is read
 * for the first time.
 */
export function absorbCertificates(state: State, told: Certificates): State {
  const { quarantine } = state;
  const named = keepByName(state.certificates.named, told.named);
  const certificates = keep(state.certificates, { ...told, named });
  const before = new Set(state.certificates.named);
  const fresh = new Set(certificates.named.filter((one) => !before.has(one)).map(({ file }) => file));
  const left = quarantine.filter(({ of }) => !(of.front.files ?? []).some(({ file }) => fresh.has(file)));
  return withChange(state, { certificates, quarantine: left.length === quarantine.length ? quarantine : left });
}

/** The certificates after the news; one that equals the certificate of the same name before is the previous object. */
function keepByName(before: readonly NamedFile[], after: readonly NamedFile[]): readonly NamedFile[] {
  const known = new Map(before.map((one) => [one.file, one]));
  return after.map((one) => keep(known.get(one.file), one));
}
