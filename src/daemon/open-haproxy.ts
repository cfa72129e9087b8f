import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { makeOwnAgain } from '../certificates/choose.ts';
import { checkConfig } from '../process/check.ts';
import { capabilitiesOf } from '../process/capabilities.ts';
import { makeCommand } from '../process/command.ts';
import { environmentOf } from '../process/haproxy-environment.ts';
import type { Environment } from '../lib/environment.ts';
import { drive, type Drive } from '../drive/drive.ts';
import type { DriveDependencies } from '../drive/dependencies.ts';
import { FilesOnDisk } from '../drive/files.ts';
import { makeProcess, type OwnProcess } from '../process/process.ts';
import { withChecksBeforeReload, revive } from '../process/before-reload.ts';
import { makeBlaming } from './open-blame.ts';
import { findRelease } from './find-release.ts';
import { applyAnswers } from '../plan/apply-answers.ts';
import type { Answer, Haproxy, Verdict } from '../model/haproxy.ts';
import { makePlan, planDeletions } from '../plan/plan.ts';
import { readDocument } from '../haproxy/read-document.ts';
import { foldersOfHead } from '../haproxy/template-rules.ts';
import { makeBackoff } from '../lib/backoff.ts';
import { now, sleep } from '../lib/clock.ts';
import { makeFolder } from '../lib/folders.ts';
import { inTime } from '../lib/deadline.ts';
import { quiet, type Ask } from '../lib/runs.ts';
import type { View } from '../model/view.ts';
import { sentence } from '../lib/sentence.ts';
import type { Command, Document, Reason } from '../model/document.ts';
import type { Settings } from '../options/options.ts';
import type { Surroundings } from './surroundings.ts';

/** HAProxy as the flags want it reached. `own`: the process, when it is ours. */
export interface Reached {
  readonly haproxy: Haproxy;
  readonly applied: () => Promise<string | undefined>;
  readonly revive: () => Promise<boolean>;
  readonly own: OwnProcess | undefined;
  readonly files: FilesOnDisk;
  /** What HAProxy may do when we start it, as a mask of Linux capabilities. */
  readonly capable: () => Promise<bigint>;
}

/** Our own process, or what --command reloads; nothing is started yet. */
export function reach({ settings, log, tell, signal, env: all }: Surroundings & { readonly env: Environment }): Reached {
  const { haproxyConfig: config, stateDir, archiveVersions, skipValidation, haproxyBin: bin, runDir, command } = settings;
  const env = environmentOf(all, settings.haproxyEnv);
  const ask = async (file: string, deadlineMs?: number): Promise<Verdict> => {
    tell({ kind: 'release', at: now(), release: await findRelease(settings, all) }); // a package may have been upgraded: what it does not take any more is then written anew
    await makeOwnAgain(await readFile(file, 'utf8'), stateDir);
    return checkConfig(bin, file, { env, signal, deadlineMs });
  };
  const check = skipValidation ? undefined : ask;
  const files = new FilesOnDisk({ config, stateDir, archiveVersions, check, now: () => new Date(), log });
  const fingerprint = () => files.fingerprint();
  const capable = () => capabilitiesOf(bin, env);
  if (command !== undefined) {
    const haproxy = makeCommand({
      command,
      socket: settings.haproxySocket,
      mapFolder: mapFolderOf(settings),
      runDir,
      fingerprint,
      log,
      env,
    });
    return { haproxy, applied: () => haproxy.applied(), revive: () => Promise.resolve(false), own: undefined, files, capable };
  }
  const own = makeProcess({ bin, runDir, stateDir, config, fingerprint, log, env });
  const prepare = async (text: string): Promise<void> => {
    await makeOwnAgain(text, stateDir);
    for (const folder of foldersOfHead(text)) await makeFolder(folder);
  };
  const haproxy = withChecksBeforeReload(own, { config, prepare, capable });
  return { haproxy, applied: () => own.applied(), revive: () => revive(own), own, files, capable };
}

/** As the rules name it that read the maps. */
function mapFolderOf({ haproxyConfig }: Settings): string {
  return path.dirname(path.resolve(haproxyConfig));
}

/** The two lanes of applying, with the words for the log. `serves`: told of each document that HAProxy runs. */
export function openDrive(
  { haproxy, applied, revive, files }: Reached,
  surroundings: Surroundings & { readonly serves: (document: Document) => void; readonly viewOf: (document: Document) => View | undefined },
): Drive {
  const { settings, signal, serves } = surroundings;
  return drive({
    haproxy,
    applied,
    revive,
    files,
    plan: makePlan({ mapFolder: mapFolderOf(settings) }),
    applyAnswers,
    planDeletions,
    readDocument,
    serves,
    ...makeBlaming({ ...surroundings, files, file: path.resolve(settings.haproxyConfig) }),
    quiet: (work) => openQuiet(work, surroundings),
    later: (ms, work) => {
      sleep(ms, signal).then(work, () => undefined); // the end
    },
    ...makeTelling(surroundings),
    signal,
    now: () => performance.now(),
  });
}

/** Many looks at candidates, or one file on a mount that does not answer: then it is said, and waited for all the same. */
const WORK_MS = 600_000;

/** When the slow lane runs. */
function openQuiet(work: () => Promise<void>, { settings, log, signal }: Surroundings): Ask {
  const backoff = makeBackoff({ first: 1_000, most: 8_000, random: Math.random });
  return quiet({
    work: () => inTime(work(), { ms: WORK_MS, what: 'bringing HAProxy there' }),
    ...waitsOf(settings),
    backoff,
    signal,
    failed: (error, nextMs) => {
      if (settings.once) return; // the pass ends with it, and its reason goes to stderr
      log.error({ reason: sentence(error), againInMs: Math.round(nextMs) }, 'HAProxy could not be brought there, it is tried again');
    },
  });
}

/** What happens, in words for the log. */
function makeTelling({ log }: Surroundings): Pick<DriveDependencies, 'reloaded' | 'commanded' | 'ended' | 'troubled'> {
  return {
    reloaded: (reasons, ms) => {
      log.info({ reasons: describeReasons(reasons), ms: Math.round(ms) }, 'HAProxy has loaded the configuration');
    },
    commanded: (commands, answers, ms) => {
      const taken = commands.filter((command, i) => answers[i]?.taken === true && command.effect !== undefined);
      const reasons = [...new Set(taken.map(({ reason }) => reason))];
      if (reasons.length > 0)
        log.info({ reasons: describeReasons(reasons), ms: Math.round(ms) }, 'HAProxy has taken the change, without a reload');
      for (const { text, answer } of refusals(commands, answers))
        log.warn({ command: text, answer }, 'HAProxy does not take a command, it is reloaded');
    },
    ended: (error) => {
      log.error({ reason: sentence(error) }, 'the reload has ended HAProxy, it was started again with the files before');
    },
    troubled: (error) => {
      log.warn({ reason: sentence(error) }, 'what HAProxy runs and its file do not agree yet, it is tried again');
    },
  };
}

function refusals(commands: readonly Command[], answers: readonly Answer[]): readonly { readonly text: string; readonly answer: string }[] {
  return commands.flatMap(({ text, mayWait }, i) => {
    const { taken, answer } = answers[i] ?? { taken: true, answer: '' };
    return taken || mayWait === true ? [] : [{ text, answer }];
  });
}

/** One pass has nothing to wait for. */
function waitsOf({ once, reloadQuiet, reloadMaxWait, reloadMinInterval }: Settings) {
  return once ? { quietMs: 0, mostMs: 0, apartMs: 0 } : { quietMs: reloadQuiet, mostMs: reloadMaxWait, apartMs: reloadMinInterval };
}

/** The first few, in words: 'server-added shop_10004: 10_0_0_1_31001'. */
function describeReasons(reasons: readonly Reason[]): readonly string[] {
  const all = [...new Set(reasons.map(({ code, subject, detail }) => `${code} ${subject}${detail === '' ? '' : `: ${detail}`}`))];
  return all.length > 5 ? [...all.slice(0, 5), `and ${all.length - 5} more`] : all;
}
