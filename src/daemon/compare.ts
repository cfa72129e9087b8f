import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { makeDiff, type DiffReport } from '../explain/diff.ts';
import { fragmentsText } from '../haproxy/same-sections.ts';
import { namedAsOwn } from '../haproxy/spares.ts';
import { readDocument } from '../haproxy/read-document.ts';
import { makePlan } from '../plan/plan.ts';
import { now } from '../lib/clock.ts';
import { sentence } from '../lib/sentence.ts';
import type { Certificates } from '../model/certificates.ts';
import type { Document, Plan } from '../model/document.ts';
import type { View } from '../model/view.ts';
import { findRelease } from './find-release.ts';
import { readNews } from './read-view.ts';
import { makeSiftedView } from './sifted-view.ts';
import type { RunInputs } from './surroundings.ts';
import { findKnown } from './known-beginning.ts';

/**
 * Says what would change if the load balancer started now, compared with the file that HAProxy runs, or with the file `other`. What a daemon has learned
 * counts: that of the daemon that runs, or else of the last one. Nothing is written. Rejects with a sentence when Marathon or the file can't be read.
 */
export async function compare(given: RunInputs, other: string | undefined): Promise<DiffReport> {
  const { settings, env, log } = given;
  const against = other ?? settings.haproxyConfig;
  const text = await readFile(against, 'utf8').catch((error: unknown) => {
    throw new Error(`${against} can't be read: ${sentence(error)}`, { cause: undefined });
  });
  const before = readDocument(text, await readMaps(text, path.dirname(against)));
  const run = before.spares === undefined ? { ...given, settings: { ...settings, spareBackends: 0 } } : given; // they are no app's, and --once writes none
  const [told, { refused, taken, from, troubles, ...known }] = await Promise.all([readNews(run), findKnown(settings)]);
  for (const trouble of troubles) log.warn({}, trouble);
  const bound = taken.length === 0 ? told : [...told, { kind: 'taken', at: now(), binds: taken } as const];
  const { view, looked } = await makeSiftedView(bound, run, { ...known, refused, certificates: certificatesIn(before) });
  const release = await findRelease(settings, env);
  const plan = makePlan({ mapFolder: path.dirname(path.resolve(settings.haproxyConfig)) });
  const steps = other === undefined ? planOf(before, view, (parts) => plan({ ...parts, release })) : undefined;
  return makeDiff({ before: namedAsOwn(before), view, against, plan: steps, known: from, haproxy: looked });
}

/** How HAProxy would be brought there. What it reads of certificates is not compared: nothing here looks into them. */
function planOf(
  before: Document,
  { document }: View,
  plan: (parts: Pick<Parameters<ReturnType<typeof makePlan>>[0], 'running' | 'wanted'>) => Plan,
): Plan {
  const { front, backends, maps, spares } = document;
  const wanted: Document = { front, backends, maps, ...(spares && { spares }) };
  return plan({ running: { document: before, exceptions: new Map(), lost: new Map() }, wanted });
}

/**
 * The map files that a configuration looks into: beside it, or where it says. Rejects with a sentence when one is in neither place, because without
 * it no host that it names would have an answer in the comparison.
 */
async function readMaps(text: string, folder: string): Promise<Readonly<Record<string, string>>> {
  const files = new Set(Array.from(text.matchAll(/\bmap[\w]*\(([^,)\s]+)/g), ([, file = '']) => file));
  const read = await Promise.all(
    [...files].map(async (file) => {
      const beside = path.join(folder, path.basename(file));
      const found = await readFile(beside, 'utf8').catch(() => readFile(file, 'utf8').catch(() => undefined));
      if (found === undefined)
        throw new Error(
          `the configuration looks into the map file ${file}, which is neither there nor at ${beside}: put a copy beside the configuration`,
        );
      return [path.basename(file), found] as const;
    }),
  );
  return Object.fromEntries(read);
}

/** The certificates of the shared https frontend as the file has them, so that what stands for a missing one is no difference. */
function certificatesIn({ front }: Document): Certificates | undefined {
  const shared = front.find(({ name }) => name === 'frontend marathon_https_in');
  const lines =
    shared === undefined
      ? []
      : fragmentsText(shared)
          .split('\n')
          .filter((line) => line.trim().startsWith('bind '));
  const files = lines.flatMap((line) => Array.from(line.matchAll(/ crt +(\S+)/g), ([, file = '']) => file));
  return files.length === 0 ? undefined : { files, problems: [], contents: [], named: [] };
}
