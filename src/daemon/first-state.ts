import path from 'node:path';
import { chooseCertificates, type ChosenAtStart, type ChosenCertificates } from '../certificates/choose.ts';
import { FILES_MS, inTime, sayLong } from '../lib/deadline.ts';
import type { Certificates } from '../model/certificates.ts';
import { memoryOf } from '../snapshot/health.ts';
import { startState } from '../snapshot/state.ts';
import { findRelease, warnOfAge } from './find-release.ts';
import { loadMiddle } from './load-derive.ts';
import { readMemory } from './open-saved.ts';
import type { RunInputs } from './surroundings.ts';

/** Chooses the certificates, and prepares the function that derives views from states. */
export async function begin({ settings, env, log }: RunInputs) {
  const { sslCerts: wanted, stateDir, runDir } = settings;
  const choosing = chooseCertificates({ wanted, env, stateDir, elsewhere: path.join(runDir, 'ssl') });
  const chosen = await sayLong(choosing, { text: 'the certificates of --ssl-certs are still being read', log });
  for (const { variable, file, insteadOf } of chosen.elsewhere)
    log.info(
      { variable, file, reason: insteadOf?.why },
      `the certificate in ${variable} is in ${file}, as ${insteadOf?.file ?? ''} can't be written`,
    );
  const making = loadMiddle({ settings, env });
  return { chosen, derive: await inTime(making, { ms: FILES_MS, what: 'reading the templates of --templates-dir', log }) };
}

/** Reads the saved snapshot, and makes the first state. Without `follow` Marathon is read once. */
export async function remember({ settings, env, log, follow }: RunInputs & { readonly follow: boolean }, chosen: ChosenAtStart) {
  const { saved, holders = saved?.holders } = await readMemory(settings, log);
  const memory = saved && memoryOf(saved.snapshot);
  // With --once Marathon is read only once, so no later read could confirm a loss: losses are not held.
  const left = { memory, before: follow ? saved : undefined, certificates: certificatesOf(chosen), holders };
  const release = await findRelease(settings, env);
  warnOfAge(release, settings, log);
  return { saved, start: startState(release, left) };
}

function certificatesOf({ files, isListed, spoiled, problems, contents }: ChosenCertificates): Certificates {
  return { files, ...(isListed === true && { isListed }), ...(spoiled && { spoiled }), problems, contents, named: [], areJudged: true };
}
