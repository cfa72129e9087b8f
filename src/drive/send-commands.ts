import type { Command, Document, Reason, Running } from '../model/document.ts';
import type { Release } from '../model/release.ts';
import type { DriveDependencies } from './dependencies.ts';

/** How often HAProxy is asked whether a server's check has passed, in milliseconds. */
export const CHECK_MS = 50;
/** A server is deleted at the earliest this long after it was put in maintenance [haproxy 2.6: use-after-free at `del server`]. */
export const DELETE_MS = 5_000;

/** Whether a server is in maintenance, or a backend out of use, to be deleted when it has been so for a while. */
export function hasStopped({ exceptions, strays }: Running): boolean {
  const isGoing = [...(strays?.values() ?? [])].some((section) => section !== undefined);
  return isGoing || [...exceptions.values()].some(({ stage }) => stage === 'stopped');
}

/** Whether a server waits for its first health check. */
export function isChecking({ exceptions }: Running): boolean {
  return [...exceptions.values()].some(({ stage }) => stage === 'checking');
}

type SendingParts = Pick<DriveDependencies, 'haproxy' | 'plan' | 'applyAnswers' | 'planDeletions' | 'commanded' | 'now'>;

/** Asks HAProxy about servers that wait for their first check. Returns `running` with the stage `passed` for those whose check has passed. */
export async function notePassed({ haproxy }: SendingParts, running: Running): Promise<Running> {
  const checking = [...running.exceptions].filter(([, { stage }]) => stage === 'checking');
  if (checking.length === 0) return running;
  const passed = await haproxy.passed(checking.map(([, exceptions]) => exceptions));
  if (passed.size === 0) return running;
  const exceptions = new Map(running.exceptions);
  for (const [key, one] of checking) if (passed.has(key)) exceptions.set(key, { ...one, stage: 'passed' });
  return { ...running, exceptions };
}

interface PlanInput {
  readonly running: Running;
  readonly wanted: Document;
  readonly release: Release | undefined;
}

/** What HAProxy runs after commands, and what is left. */
export interface Planned {
  readonly running: Running;
  /** Whether commands were sent. */
  readonly sent: boolean;
  /** The reasons for a reload that remain. */
  readonly reload: readonly Reason[];
  /** What the commands were to lead to: the wanted document, a part of it served by spare backends. */
  readonly toward: Document;
  /** Whether more commands for certificates are planned than were sent. The rest is sent the next time. */
  readonly isPart: boolean;
}

/**
 * So many commands for certificates are sent in one go. Each makes HAProxy load a file, which was read before: a thousand renewals take seconds, and
 * a server that comes must not wait for them.
 */
const MOST_CERTIFICATES = 25;

/** Sends the commands of the plan, but only the first few of those for certificates. Rejects when it can't be known what HAProxy took. */
export async function sendPlanned(parts: SendingParts, { running, wanted, release }: PlanInput): Promise<Planned> {
  const { commands: planned, reload, toward = wanted } = parts.plan({ running, wanted, release });
  const commands = withFewCertificates(planned);
  const next = await sendAll(parts, { running, wanted: toward, commands });
  const sent = commands.length > 0;
  return {
    running: next,
    sent,
    reload: sent ? parts.plan({ running: next, wanted, release }).reload : reload,
    toward,
    isPart: commands.length < planned.length,
  };
}

/** The commands without those for certificates that come after the first few, in the same order. */
function withFewCertificates(commands: readonly Command[]): readonly Command[] {
  let count = 0;
  return commands.filter(({ certificate }) => certificate === undefined || ++count <= MOST_CERTIFICATES);
}

/**
 * Deletes servers that have been in maintenance since the last call, when the exceptions were `old`. HAProxy refuses to delete a server with
 * connections, so that server is tried again later.
 */
export async function sendDeletions(parts: SendingParts, running: Running, old: Running['exceptions']): Promise<Running> {
  const since = [...running.exceptions].flatMap(([key, one]) => (old.get(key) === one ? key : []));
  return sendAll(parts, { running, wanted: running.document, commands: parts.planDeletions(running, new Set(since)) });
}

interface PlannedCommands extends Omit<PlanInput, 'release'> {
  readonly commands: readonly Command[];
}

async function sendAll(
  { haproxy, applyAnswers, commanded, now }: SendingParts,
  { running, wanted, commands }: PlannedCommands,
): Promise<Running> {
  const start = now();
  const answers = commands.length === 0 ? [] : await haproxy.send(commands);
  if (commands.length > 0) commanded(commands, answers, now() - start);
  return applyAnswers({ running, wanted, commands, answers });
}
