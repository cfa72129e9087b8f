import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ownerKey } from '../blame/app-owners.ts';
import { findBlame } from '../blame/blame.ts';
import { withoutOtherFiles } from '../blame/complaint.ts';
import { describeBlame } from '../blame/refusal-problems.ts';
import { withoutServices } from '../blame/without-services.ts';
import { makeOwnAgain } from '../certificates/choose.ts';
import { FilesOnDisk } from '../drive/files.ts';
import type { Looked } from '../explain/check-report.ts';
import { now } from '../lib/clock.ts';
import { sentence } from '../lib/sentence.ts';
import type { Document } from '../model/document.ts';
import type { Verdict } from '../model/haproxy.ts';
import type { Problem } from '../model/problem.ts';
import { askVersion, checkConfig } from '../process/check-config.ts';
import { environmentOf } from '../process/haproxy-environment.ts';
import type { RunInputs } from './surroundings.ts';

/** What a real HAProxy refuses in a document, by owner. */
export interface HaproxyWord {
  readonly looked: Looked;
  readonly problems: readonly Problem[];
}

/** A HAProxy of this machine that can be asked about documents. */
export interface DocumentChecker {
  readonly version: string;
  readonly check: (document: Document) => Promise<Verdict>;
  /** The file that is checked, as HAProxy's messages name it. */
  readonly file: string;
}

/** The most rounds of asking HAProxy. Each round leaves out the apps that the earlier rounds named. */
export const ROUNDS = 10;

/** Asks the HAProxy of this machine about a document, without touching what runs; `settings.haproxyConfig` is in a folder of the caller's own. */
export async function askHaproxy(document: Document, run: Pick<RunInputs, 'settings' | 'env' | 'signal'>): Promise<HaproxyWord> {
  const asking = await openAsking(run);
  if ('why' in asking) return { looked: { looked: false, why: asking.why }, problems: [] };
  return { looked: { looked: true, version: asking.version }, problems: await findAll(document, asking) };
}

/** The HAProxy of this machine, or why none can be asked. */
export async function openAsking({
  settings,
  env,
  signal,
}: Pick<RunInputs, 'settings' | 'env' | 'signal'>): Promise<DocumentChecker | { readonly why: string }> {
  const { haproxyBin: bin, haproxyConfig: config, stateDir, haproxyEnv } = settings;
  const given = environmentOf(env, haproxyEnv);
  let version: string;
  try {
    [, version = ''] = /version (\S+)/.exec(await askVersion(bin, given)) ?? [];
  } catch (error) {
    return { why: sentence(error) };
  }
  const ask = async (file: string, deadlineMs?: number): Promise<Verdict> => {
    await makeOwnAgain(await readFile(file, 'utf8'), stateDir);
    return checkConfig(bin, file, { env: given, signal, deadlineMs });
  };
  const files = new FilesOnDisk({ config, stateDir, archiveVersions: 0, check: ask, now, log: { warn: () => undefined } });
  return { version, check: (document) => files.check(document), file: path.resolve(config) };
}

/** For the hints of what is the operator's. */
const EFFECT = 'HAProxy takes nothing of the configuration while that is so';

/** Asks HAProxy again and again without the apps that it has named, so that one bad app does not hide the next. */
async function findAll(document: Document, { check: ask, file }: DocumentChecker): Promise<readonly Problem[]> {
  const check = async (candidate: Document): Promise<Verdict> => {
    const verdict = await ask(candidate);
    return verdict.ok ? verdict : { ok: false, lines: verdict.lines.map((line) => withoutOtherFiles(line, file)) };
  };
  const problems: Problem[] = [];
  const out = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const candidate = withoutServices(document, out);
    const verdict = await check(candidate);
    if (verdict.ok) return problems;
    const { blamed, operator, unknown } = await findBlame({ document: candidate, good: undefined, lines: verdict.lines, check });
    problems.push(...describeBlame({ blamed, operator, unknown }, { effect: EFFECT }));
    if (blamed.length === 0) return problems;
    for (const { owner } of blamed) out.add(ownerKey(owner));
  }
  return problems;
}
