import { asReloadFailure } from '../process/reload-failure.ts';
import { bindsInUse } from '../process/taken-binds.ts';
import { neediestOf } from '../process/neediest-app.ts';
import { refusedPems, type RefusedPem } from '../certificates/refusals.ts';
import { findBlame, type OperatorsFault } from '../blame/blame.ts';
import type { Verdict } from '../model/haproxy.ts';
import type { CandidateRefusal, Consequence, DriveDependencies, ReloadError } from '../drive/dependencies.ts';
import type { Files } from '../drive/files.ts';
import { describeBlame, describeReload, NOTHING_SERVES, passesByItself, TRIED_AGAIN, type Effects } from '../blame/refusal-problems.ts';
import { findStandIns, headStandIn } from '../blame/stand-ins.ts';
import { withoutOtherFiles } from '../blame/complaint.ts';
import type { RefusalReading } from '../blame/read-refusal.ts';
import type { Logger } from '../lib/logger.ts';
import type { View } from '../model/view.ts';
import type { Document } from '../model/document.ts';
import type { News } from '../model/news.ts';
import type { Defaulted, Quarantined } from '../model/quarantine.ts';
import { nameIn, portsToBlame, tooMany } from './quarantined-ports.ts';

interface BlamingSettings {
  readonly files: Pick<Files, 'check' | 'fingerprint'>;
  /** The path of haproxy.cfg as it appears in HAProxy's messages. */
  readonly file: string;
  readonly tell: (news: News) => void;
  /** The view that a document is part of; undefined when it is not known. */
  readonly viewOf: (document: Document) => View | undefined;
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Has PEM files left out that HAProxy refuses; resolves to whether that changes the configuration. */
  readonly refusePems: (pems: readonly RefusedPem[]) => Promise<boolean>;
}

/**
 * Turns HAProxy's refusals into News: which ports are left out because of them, and what only the operator can mend. A fault found in the operator's
 * templates is checked first when the next candidate is refused, until HAProxy accepts one.
 */
export function makeBlaming(settings: BlamingSettings): Pick<DriveDependencies, 'refused' | 'accepted'> {
  const { files, file, tell, viewOf, log, now, refusePems } = settings;
  let fault: OperatorsFault | undefined;
  let endedAt: Document | undefined; // at whose reload HAProxy ended last; where it does not say why, somebody may have killed it, so it is tried once more
  const check = checkOurs(files, file);
  const accepted = (): void => {
    tell({ kind: 'accepted', at: now() });
    fault = undefined;
  };
  const refused: DriveDependencies['refused'] = async (refusal, candidate, good) => {
    const hasEnded = 'error' in refusal && refusal.hasEnded;
    const lines = oursOf(linesOf(refusal), file);
    const lacking =
      'error' in refusal ? newsOfLack(refusal.error, lines, { candidate, good, view: viewOf(candidate), at: now() }) : undefined;
    if (lacking !== undefined) {
      tell(lacking);
      return 'another';
    }
    const isFirst = 'lines' in refusal && good === undefined && (await files.fingerprint()) === 'none';
    if (lines.length === 0 && !hasEnded && !isFirst) return 'later';
    const wasEndedBefore = endedAt === candidate;
    if (hasEnded) endedAt = candidate;
    if (hasEnded && !wasEndedBefore && !lines.some(saysWhy)) return 'later';
    if (await refusePems(refusedPems(lines))) return 'another';
    // The candidate has passed `haproxy -c`, so only the messages of the reload can name somebody.
    const asking = { document: candidate, good, lines, check, nameOf: nameIn(viewOf(candidate)) };
    const finding = await findBlame({ ...asking, fault, ...('error' in refusal && { budget: 0 }) });
    fault = finding.fault;
    const triesAgain = !('error' in refusal); // a reload that fails disturbs all apps, so it is not repeated
    const quarantined = portsToBlame(viewOf(candidate), finding.blamed, triesAgain);
    log.debug({ blamed: quarantined.map(({ app, index }) => `${app} ${index}`), runs: finding.runs }, 'HAProxy refuses a candidate');
    if ('error' in refusal && quarantined.length === 0) {
      const defaulted = refusal.isFirst === true ? headStandIn(candidate, lines) : undefined;
      return defaulted === undefined ? tellReload(refusal, lines, settings) : tellDefaulted(defaulted, [], settings);
    }
    const defaulted = isFirst ? await findStandIns({ document: candidate, lines, finding, check }) : undefined;
    if (defaulted !== undefined) return tellDefaulted(defaulted, quarantined, settings);
    return tellFinding({ finding, quarantined, isFirst, triesAgain }, settings);
  };
  return { refused, accepted };
}

/** What was found out about a refusal. */
interface Blamed {
  readonly finding: RefusalReading;
  readonly quarantined: readonly Quarantined[];
  /** HAProxy has accepted no configuration yet. */
  readonly isFirst: boolean;
  /** What may pass by itself is tried again. */
  readonly triesAgain: boolean;
}

type Telling = Pick<BlamingSettings, 'tell' | 'now'>;

/** Tells that default templates are used, beside the ports that are to blame. */
function tellDefaulted(defaulted: Defaulted, quarantined: readonly Quarantined[], { tell, now }: Telling): Consequence {
  tell({ kind: 'refused', at: now(), problems: [], quarantined, defaulted });
  return 'another';
}

/** Tells the finding as News, and gives what follows from it. */
function tellFinding({ finding, quarantined, isFirst, triesAgain }: Blamed, { tell, now }: Telling): Consequence {
  const { operator, unknown } = finding;
  const passes = triesAgain && quarantined.length === 0 && [...operator, ...unknown].every(passesByItself);
  const isTold = !triesAgain || (quarantined.length > 0 && operator.length === 0 && unknown.length === 0);
  const problems = isTold ? [] : describeBlame({ ...finding, blamed: [] }, effectOf({ isFirst, passes }));
  tell({ kind: 'refused', at: now(), problems, quarantined });
  return quarantined.length > 0 ? 'another' : passes ? 'later' : 'never';
}

/** What shows only at the reload, and is no app's fault, is told unless time may heal it. */
function tellReload(refusal: ReloadError, lines: readonly string[], { tell, now }: Telling): Consequence {
  if (!refusal.hasEnded && lines.some(mayPass)) return 'later';
  tell({ kind: 'refused', at: now(), problems: [describeReload(refusal)], quarantined: [] });
  return 'never';
}

/** What the operator is told to come of a refusal of his own. */
function effectOf({ isFirst, passes }: { readonly isFirst: boolean; readonly passes: boolean }): Effects {
  if (isFirst) return { effect: NOTHING_SERVES };
  return passes ? { effect: TRIED_AGAIN } : {};
}

interface Reloading {
  readonly at: number;
  readonly candidate: Document;
  readonly good: Document | undefined;
  readonly view: View | undefined;
}

/**
 * The News about what the machine lacks for a reload, when leaving something out helps; undefined for a different error, and when only the operator
 * can help.
 */
function newsOfLack(error: unknown, lines: readonly string[], { candidate, good, view, at }: Reloading): News | undefined {
  const failure = asReloadFailure(error);
  const binds = failure?.code === 'binds-taken' ? failure.binds : bindsInUse(lines, { candidate, good });
  if (binds.length > 0) return { kind: 'taken', at, binds };
  if (failure?.code !== 'too-few-descriptors') return undefined;
  const neediest = neediestOf(candidate, good, failure.lacking);
  if (neediest.length === 0) return undefined;
  return { kind: 'refused', at, problems: [], quarantined: tooMany(neediest, failure, view) };
}

/** Like `files.check`, but with line numbers of other files turned into words. */
function checkOurs(files: BlamingSettings['files'], file: string): (document: Document) => Promise<Verdict> {
  return async (document) => {
    const verdict = await files.check(document);
    return verdict.ok ? verdict : { ok: false, lines: oursOf(verdict.lines, file) };
  };
}

function oursOf(lines: readonly string[], file: string): readonly string[] {
  return lines.map((line) => withoutOtherFiles(line, file));
}

/** HAProxy's messages. For a reload, only the alerts of a refused configuration. */
function linesOf(refusal: CandidateRefusal): readonly string[] {
  if ('lines' in refusal) return refusal.lines;
  const failure = asReloadFailure(refusal.error);
  return failure?.code === 'reload-refused' ? failure.lines.filter((line) => line.startsWith('[ALERT]')) : [];
}

/** Whether the line says more than that one of HAProxy's processes has ended. */
function saysWhy(line: string): boolean {
  return !/exited with code|exit-on-failure/i.test(line);
}

/**
 * Whether a later try may succeed: a port or address that is not available now, or too few descriptors, memory or processes. Matches the words of
 * errno and of HAProxy.
 */
function mayPass(line: string): boolean {
  return /cannot bind|in use|cannot assign|temporarily|too many|descriptor|FD limit|memory|fork/i.test(line);
}
