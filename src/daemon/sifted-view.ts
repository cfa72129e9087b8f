import type { RefusedPort } from '../admin/memory.ts';
import type { Looked } from '../explain/check-report.ts';
import { now } from '../lib/clock.ts';
import { makeLogger } from '../lib/logger.ts';
import type { News } from '../model/news.ts';
import type { Problem } from '../model/problem.ts';
import type { View } from '../model/view.ts';
import { openAsking, ROUNDS, type DocumentChecker } from './ask-haproxy.ts';
import { quarantineIn, toldOf } from './memory.ts';
import { makeBlaming } from './open-blame.ts';
import { inOwnFolder, type Checking } from './own-folder.ts';
import { makeMoment, type Beginning, type Moment } from './read-view.ts';
import { standInCertificates, standInsFor } from './stand-in-certificates.ts';

/** What the HAProxy of this machine refuses of what would be rendered. */
interface RefusedHere {
  readonly looked: Looked;
  readonly ports: readonly Omit<RefusedPort, 'digest'>[];
  /** What no app is to blame for. */
  readonly problems: readonly Problem[];
}

/** A View as a daemon would come to have it, once HAProxy was asked. */
export interface SiftedView {
  readonly view: View;
  /** Whether there was a HAProxy to ask. */
  readonly looked: Looked;
}

/**
 * The View of these News without the ports that the HAProxy of this machine refuses, as a daemon would find out. `refused`: ports that a daemon is
 * known to leave out. Nothing that runs is touched.
 */
export async function makeSiftedView(
  told: readonly News[],
  run: Checking,
  { refused = [], ...begin }: Beginning & { readonly refused?: readonly RefusedPort[] } = {},
): Promise<SiftedView> {
  const moment = await makeMoment(run, told, begin);
  leaveOut(moment, refused);
  const { quarantine } = moment.state();
  const known = quarantine.map(toldOf);
  const here = run.settings.skipValidation ? SKIPPED : await findRefused([...told], run, { ...begin, known });
  leaveOut(moment, here.ports);
  if (here.problems.length > 0) moment.tell({ kind: 'refused', at: now(), problems: here.problems, quarantined: [] });
  return { view: moment.view(), looked: here.looked };
}

const SKIPPED: RefusedHere = { looked: { looked: false, why: '--skip-validation is given' }, ports: [], problems: [] };

function leaveOut(moment: Moment, ports: Parameters<typeof quarantineIn>[1]): void {
  const quarantined = ports.length === 0 ? [] : quarantineIn(moment.view(), ports);
  if (quarantined.length > 0) moment.tell({ kind: 'refused', at: now(), problems: [], quarantined });
}

/** Asks HAProxy, in a folder that is made for it. Certificates that are not on this machine are no reason for a refusal. */
function findRefused(
  told: readonly News[],
  run: Checking,
  { known, ...begin }: Beginning & { readonly known: RefusedHere['ports'] },
): Promise<RefusedHere> {
  return inOwnFolder(run, async (own) => {
    const asking = await openAsking(own);
    if ('why' in asking) return { looked: { looked: false, why: asking.why }, ports: [], problems: [] };
    const { stateDir } = own.settings;
    const certificates = await standInCertificates(stateDir);
    const moment = await makeMoment(own, told, { ...begin, certificates });
    const named = await standInsFor(moment.view().certificates, certificates, stateDir);
    moment.tell({ kind: 'certificates', at: now(), certificates: named });
    leaveOut(moment, known);
    await blameAll(moment, asking);
    const { quarantine, refused: problems } = moment.state();
    const ports = quarantine.map(toldOf);
    return { looked: { looked: true, version: asking.version }, ports, problems };
  });
}

/** Asks again and again without what was refused, as the daemon does, until HAProxy accepts what is left, or nobody is to blame. */
async function blameAll(moment: Moment, { check, file }: DocumentChecker): Promise<void> {
  const blaming = makeBlaming({
    files: { check, fingerprint: () => Promise.resolve('') },
    file,
    tell: moment.tell,
    viewOf: moment.view,
    log: await makeLogger({ level: 'silent', format: 'text', fd: process.stderr.fd }),
    now,
    refusePems: () => Promise.resolve(false),
  });
  for (let round = 0; round < ROUNDS; round++) {
    const { document } = moment.view();
    const verdict = await check(document);
    if (verdict.ok || (await blaming.refused({ lines: verdict.lines }, document, undefined)) !== 'another') return;
  }
}
