import type { MemoryAnswer } from '../admin/memory.ts';
import { memorySchema } from '../admin/schemas.ts';
import type { KnownFrom } from '../explain/diff.ts';
import { machineTime } from '../lib/clock.ts';
import { FILES_MS, inTime } from '../lib/deadline.ts';
import { sentence } from '../lib/sentence.ts';
import { readSaved, type SavedFile } from '../saved/state-folder.ts';
import { memoryOf } from '../snapshot/health.ts';
import type { Settings } from '../options/options.ts';
import { askAdmin } from './ask-admin.ts';
import type { Beginning } from './read-view.ts';

/** What a load balancer with these settings would begin with, and where that is known from. */
export interface KnownBeginning extends Beginning {
  readonly refused: MemoryAnswer['refused'];
  readonly taken: MemoryAnswer['taken'];
  readonly from: KnownFrom;
  /** Why something that is there could not be used. */
  readonly troubles: readonly string[];
}

/** How long the daemon may take to answer, in milliseconds. */
const ASK_MS = 10_000;

/**
 * Who holds what, what HAProxy has refused and how tasks' health was: from the daemon of --run-dir where one runs, else from --state-dir. Nothing is
 * changed there. Never rejects.
 */
export async function findKnown({ runDir, stateDir }: Pick<Settings, 'runDir' | 'stateDir'>): Promise<KnownBeginning> {
  const [{ saved, trouble, holders = saved?.holders }, told] = await Promise.all([lookInto(stateDir), askMemory(runDir)]);
  const memory = 'memory' in told ? told.memory : undefined;
  const troubles = [trouble, 'trouble' in told ? told.trouble : undefined].filter((one) => one !== undefined);
  return {
    before: saved,
    memory: saved && memoryOf(saved.snapshot),
    holders: memory?.holders ?? holders,
    refused: memory?.refused ?? [],
    taken: memory?.taken ?? [],
    from: memory !== undefined ? 'daemon' : holders !== undefined ? 'state-dir' : 'nowhere',
    troubles,
  };
}

async function lookInto(stateDir: string): Promise<SavedFile> {
  const reading = inTime(readSaved(stateDir, machineTime, 'leave'), { ms: FILES_MS, what: `reading the last snapshot from ${stateDir}` });
  return reading.catch((error: unknown) => ({ trouble: sentence(error) }));
}

/** That no daemon runs is no trouble. */
async function askMemory(runDir: string): Promise<{ readonly memory: MemoryAnswer } | { readonly trouble: string | undefined }> {
  try {
    const { status, body } = await askAdmin('/v1/memory', { runDir, deadlineMs: ASK_MS });
    if (status === 200) return { memory: memorySchema.parse(body) as unknown as MemoryAnswer };
    return { trouble: `the daemon of ${runDir} does not say what it knows (status ${status})` };
  } catch (error) {
    const reason = sentence(error);
    return { trouble: reason.includes('no daemon runs there') ? undefined : reason };
  }
}
