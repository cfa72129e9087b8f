import type { Command, Document, Reason, Running } from '../model/document.ts';
import type { Release } from '../model/release.ts';
import type { DriveDependencies } from './dependencies.ts';

/** How often is asked whether a server's check has passed, in milliseconds. */
const CHECK_MS = 50;
/** A server is deleted this long after it was put in maintenance at the earliest [haproxy 2.6: use-after-free at `del server`]. */
const DELETE_MS = 5_000;

/** In how many milliseconds somebody should look at the servers again that are apart; never when there are none. */
export function wakeIn({ exceptions }: Running): number | undefined {
  let isStopped = false;
  for (const { stage } of exceptions.values()) {
    if (stage === 'checking') return CHECK_MS;
    isStopped ||= stage === 'stopped';
  }
  return isStopped ? DELETE_MS : undefined;
}

type SendingParts = Pick<DriveDependencies, 'haproxy' | 'plan' | 'applyAnswers' | 'planDeletions' | 'commanded' | 'now'>;

/** The same, with those servers as passed that HAProxy says so of. */
export async function notePassed({ haproxy }: SendingParts, running: Running): Promise<Running> {
  const checking = [...running.exceptions].filter(([, { stage }]) => stage === 'checking');
  if (checking.length === 0) return running;
  const passed = await haproxy.passed(checking.map(([, exceptions]) => exceptions));
  if (passed.size === 0) return running;
  const exceptions = new Map(running.exceptions);
  for (const [key, one] of checking) if (passed.has(key)) exceptions.set(key, { ...one, stage: 'passed' });
  return { ...running, exceptions };
}

interface Way {
  readonly running: Running;
  readonly wanted: Document;
  readonly release: Release | undefined;
}

/** Sends what the plan says; gives what HAProxy runs then, and what only a reload can do. Rejects when that can't be known. */
export async function sendPlanned(
  parts: SendingParts,
  { running, wanted, release }: Way,
): Promise<{ readonly running: Running; readonly sent: boolean; readonly reload: readonly Reason[] }> {
  const { commands, reload } = parts.plan({ running, wanted, release });
  const next = await sendAll(parts, { running, wanted, commands });
  const sent = commands.length > 0;
  return { running: next, sent, reload: sent ? parts.plan({ running: next, wanted, release }).reload : reload };
}

/** Deletes the servers that have been in maintenance since the last time, when `old` was apart; one that still has a connection has to wait. */
export async function sendDeletions(parts: SendingParts, running: Running, old: Running['exceptions']): Promise<Running> {
  const since = [...running.exceptions].flatMap(([key, one]) => (old.get(key) === one ? key : []));
  return sendAll(parts, { running, wanted: running.document, commands: parts.planDeletions(running, new Set(since)) });
}

interface Batch extends Omit<Way, 'release'> {
  readonly commands: readonly Command[];
}

async function sendAll({ haproxy, applyAnswers, commanded, now }: SendingParts, { running, wanted, commands }: Batch): Promise<Running> {
  const start = now();
  const answers = commands.length === 0 ? [] : await haproxy.send(commands);
  if (commands.length > 0) commanded(commands, answers, now() - start);
  return applyAnswers({ running, wanted, commands, answers });
}
