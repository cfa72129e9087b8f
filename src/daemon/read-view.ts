import { nameCertificates } from '../certificates/choose.ts';
import { now } from '../lib/clock.ts';
import type { Certificates } from '../model/certificates.ts';
import type { News } from '../model/news.ts';
import type { View } from '../model/view.ts';
import { absorb } from '../snapshot/absorb.ts';
import { startState } from '../snapshot/state.ts';
import { findRelease } from './find-release.ts';
import { loadMiddle } from './load-derive.ts';
import { openMarathon, openReads } from './open-marathon.ts';
import type { Run } from './surroundings.ts';

/** The View of what Marathon says now: one full read, and nothing else is touched. Rejects with a sentence when Marathon can't be read. */
export async function readView(run: Run, certificates?: Certificates): Promise<View> {
  const { settings, env, log, signal } = run;
  const client = await openMarathon(settings, env);
  try {
    const read = (tell: (news: News) => void): Promise<void> => openReads(client, { settings, log, signal, now, tell }).readAll(signal);
    return await makeView(run, read, certificates);
  } finally {
    await client.close();
  }
}

/** The View of these News. `certificates`: those of the machine when left out. */
export async function makeView(
  { settings, env }: Pick<Run, 'settings' | 'env'>,
  gather: (tell: (news: News) => void) => Promise<void>,
  certificates: Certificates = nameCertificates({ wanted: settings.sslCerts, env }),
): Promise<View> {
  const told: News[] = [];
  const [release, derive] = await Promise.all([
    findRelease(settings, env),
    loadMiddle({ settings, env }),
    gather((news) => told.push(news)),
  ]);
  const view = derive(told.reduce(absorb, startState(release, { certificates })));
  if (view === undefined) throw new Error('Marathon was read, but told nothing');
  return view;
}
