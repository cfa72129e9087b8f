import { nameCertificates } from '../certificates/choose.ts';
import { openMarathon, openReads } from './open-marathon.ts';
import type { Run } from './surroundings.ts';
import { findRelease } from './find-release.ts';
import { textOf } from '../haproxy/file-text.ts';
import { loadMiddle } from './load-derive.ts';
import type { News } from '../model/news.ts';
import { makeProblemLog } from './problem-log.ts';
import { absorb } from '../snapshot/absorb.ts';
import { startState } from '../snapshot/state.ts';

/** `--dry`: the configuration that Marathon's apps give now, as text. Rejects with a sentence when Marathon can't be read. */
export async function dry({ settings, env, log, signal }: Run): Promise<Iterable<string>> {
  const client = await openMarathon(settings, env);
  try {
    const told: News[] = [];
    const certificates = nameCertificates({ wanted: settings.sslCerts, env });
    const [release, derive] = await Promise.all([
      findRelease(settings, env),
      loadMiddle({ settings, env }),
      openReads(client, { settings, log, signal, tell: (news) => told.push(news) }).readAll(signal),
    ]);
    const view = derive(told.reduce(absorb, startState(release, { certificates })));
    if (view === undefined) throw new Error('Marathon was read, but told nothing');
    makeProblemLog(log)(view);
    return textOf(view.document);
  } finally {
    await client.close();
  }
}
