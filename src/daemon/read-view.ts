import { nameCertificates } from '../certificates/choose.ts';
import { now } from '../lib/clock.ts';
import type { Certificates } from '../model/certificates.ts';
import type { Holder } from '../model/holder.ts';
import type { News } from '../model/news.ts';
import type { View } from '../model/view.ts';
import { makeAbsorb } from '../snapshot/absorb.ts';
import type { HealthMemory } from '../snapshot/health.ts';
import { startState, type SavedSnapshot, type State } from '../snapshot/state.ts';
import { findRelease } from './find-release.ts';
import { loadMiddle } from './load-derive.ts';
import { openMarathon, openReads } from './open-marathon.ts';
import type { RunInputs } from './surroundings.ts';

/** What a View starts from; nothing is known where it is left out. */
export interface Beginning {
  /** The certificate files of this machine when left out. */
  readonly certificates?: Certificates | undefined;
  /** Who holds which ports and routes, according to the daemon that runs, or to an earlier run. */
  readonly holders?: readonly Holder[] | undefined;
  readonly memory?: HealthMemory | undefined;
  readonly before?: SavedSnapshot | undefined;
}

/** What Marathon says now, in one full read. Rejects with a sentence when it can't be read. */
export async function readNews({ settings, env, log, signal }: RunInputs): Promise<readonly News[]> {
  const client = await openMarathon(settings, env);
  const told: News[] = [];
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  try {
    await openReads(client, { settings, log, signal: until, now, tell: (news) => told.push(news) }).readAll(until);
    return told;
  } finally {
    over.abort(); // what waits for a read that has failed would keep the process alive
    await client.close();
  }
}

/** The View of these News. */
export async function makeView(run: Pick<RunInputs, 'settings' | 'env'>, told: readonly News[], begin: Beginning = {}): Promise<View> {
  const { view } = await makeMoment(run, told, begin);
  return view();
}

/** A state, which more News can change, and the View of it. */
export interface Moment {
  readonly view: () => View;
  readonly state: () => State;
  readonly tell: (news: News) => void;
}

/** The state after these News. */
export async function makeMoment(
  { settings, env }: Pick<RunInputs, 'settings' | 'env'>,
  told: readonly News[],
  { certificates = nameCertificates({ wanted: settings.sslCerts, env }), ...known }: Beginning = {},
): Promise<Moment> {
  const [release, derive] = await Promise.all([findRelease(settings, env), loadMiddle({ settings, env })]);
  const absorb = makeAbsorb({ massRemovalHoldMs: settings.massRemovalHold * 1000 });
  let state = told.reduce(absorb, startState(release, { certificates, ...known }));
  return {
    state: () => state,
    tell: (news) => {
      state = absorb(state, news);
    },
    view: () => {
      const view = derive(state);
      if (view === undefined) throw new Error('Marathon was read, but told nothing');
      return view;
    },
  };
}
