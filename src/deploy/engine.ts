import type { Sleep } from '../lib/clock.ts';
import { count } from '../lib/count.ts';
import { LATE, within } from '../lib/deadline.ts';
import { decide } from './decide.ts';
import { DeployError, EXIT } from './deploy-error.ts';
import type { Killing } from './hook.ts';
import { takeLock, writeNote, type HeldLock, type LockParts } from './lock.ts';
import type { MarathonSide } from './marathon-side.ts';
import type { JsonObject } from './read-group.ts';
import { makeStepReporter, REPEAT_MS } from './step-reporter.ts';
import type { Balancer, Colour, Group, DeployPlan, Step } from './shapes.ts';

/** What the engine works with. */
export interface Engine {
  readonly marathon: MarathonSide;
  readonly group: string;
  /** The id that the ids of the colours begin with. */
  readonly base: string;
  readonly owner: string;
  readonly look: (group: Group) => Promise<readonly Balancer[]>;
  /** Runs the pre-kill hook, and asks whether tasks may be killed. Rejects when not. */
  readonly beforeKill: (killing: Killing) => Promise<void>;
  /** What the figures say against the new colour. */
  readonly judge: (group: Group, balancers: readonly Balancer[]) => string | undefined;
  readonly say: (sentence: string) => void;
  /** Between two looks, and after something was done, in milliseconds. */
  readonly pauseMs: number;
  readonly stepDelayMs: number;
  readonly now: () => number;
  readonly sleep: Sleep;
  readonly signal: AbortSignal;
}

/** What a run is to do. */
export interface DeployTask {
  readonly plan: DeployPlan;
  /** Makes the new app when the group has none to go on with; undefined when there must be two apps already. */
  readonly make: ((group: Group) => JsonObject) | undefined;
  /** Whether it is no failure that the deployment is taken back, because that was asked for. */
  readonly mayRestore?: boolean;
  /** Tells this deployment from others: a digest of what the new app is made from. */
  readonly key: string;
  /** What is shown of the new app before it is made. Rejects when it is not to be made. */
  readonly confirm: (app: JsonObject) => Promise<void>;
}

/** How a run ended. */
export type DeployOutcome = Extract<Step, { readonly do: 'done' }>['as'] | 'first';

/** How long a run may take in all, in milliseconds: what --on-timeout wait, a pause or a person's answer waits for may never come. */
const LONGEST_MS = 24 * 3_600_000;

/**
 * Drives the deployment of a group to its end, from wherever it is: it may have been begun by a run that was killed. Rejects with a DeployError when it
 * can't go on; a deployment that was taken back rejects as well, and says why.
 */
export async function deploy(engine: Engine, task: DeployTask): Promise<DeployOutcome> {
  const before = await engine.marathon.read(engine.group);
  const made = before.apps.length < 2 && task.make !== undefined ? task.make(before) : undefined;
  const isStale = before.locks.length === 0 && before.apps.length < 2 && before.note !== undefined;
  const lock = await takeLock(lockParts(engine), made === undefined ? undefined : makesOf(made, task.key));
  if (isStale) await writeNote(engine.marathon, { ...engine, note: undefined });
  try {
    const outcome = await begin(engine, task, lock);
    await lock.release();
    return outcome;
  } catch (error) {
    if (
      error instanceof TakenBack ||
      error instanceof RefusedDeployment ||
      (error instanceof DeployError && error.exitCode === EXIT.refused)
    )
      await lock.release();
    throw error;
  }
}

function lockParts({ marathon, group, base, owner, now, sleep, signal, say }: Engine): LockParts {
  return { marathon, group, base, owner, now, sleep, signal, say };
}

function makesOf(app: JsonObject, key: string): string {
  return `${String(app['id'])} ${key}`;
}

/** A deployment was taken back, and the old app has everything again. */
export class TakenBack extends DeployError {}

/** The group is not what a deployment can be of, and nothing was done. */
class RefusedDeployment extends DeployError {}

/** Makes the new app, unless a run before this one did, and goes on from there. */
async function begin(engine: Engine, task: DeployTask, lock: HeldLock): Promise<DeployOutcome> {
  const { marathon, say } = engine;
  const group = await marathon.read(engine.group);
  const isMade = group.apps.some(({ id }) => `${id} ${task.key}` === lock.makes);
  if (group.apps.length < 2 && !isMade && group.note !== 'abort' && task.make !== undefined) {
    const app = task.make(group);
    await lock.note({ makes: makesOf(app, task.key) });
    await during({ engine, lock, what: 'the answer of who is asked' }, task.confirm(app)).catch(async (error: unknown) => {
      if (!engine.signal.aborted) await lock.release(); // nothing was begun
      throw error;
    });
    say(`${String(app['id'])} is made with ${count(Number(app['instances']), 'instance')}`);
    await create(engine, { app, stepMs: task.plan.stepMs, lock });
    if (group.apps.length === 0) return 'first';
    await rest(engine, lock);
  }
  return goOn(engine, task, lock);
}

interface Creating {
  readonly app: JsonObject;
  readonly stepMs: number;
  readonly lock: HeldLock;
}

/** Makes the new app. Marathon refuses it while an app of that id is still being removed, by the deployment before; then it is tried again. */
async function create({ marathon, group, say, now, sleep, pauseMs, signal }: Engine, { app, stepMs, lock }: Creating): Promise<void> {
  const [id, begun] = [String(app['id']), now()];
  for (let isFirst = true; !(await marathon.create(app)); isFirst = false) {
    const seen = await marathon.read(group);
    if (seen.apps.some((one) => one.id === id)) return;
    if (now() - begun > stepMs)
      throw new DeployError(`${id} could not be made in ${stepMs / 1000} s: Marathon says that there is an app with this id`, EXIT.create);
    if (isFirst) say(`waiting for Marathon to make ${id}: it says that there is an app with this id, which may be about to go`);
    await lock.keep(seen);
    await sleep(pauseMs, signal);
  }
}

async function goOn(engine: Engine, { plan: asked, mayRestore = false }: DeployTask, lock: HeldLock): Promise<DeployOutcome> {
  const say = makeStepReporter(engine);
  let [plan, why] = [asked, undefined as string | undefined];
  const begun = engine.now();
  let [wasPaused, pair] = [false, undefined as readonly Colour[] | undefined];
  while (engine.now() - begun < LONGEST_MS) {
    const group = await engine.marathon.read(engine.group);
    await lock.keep(group);
    if (group.apps.length === 2) pair = group.apps;
    if (wasPaused && group.note !== 'pause') await lock.note({ since: engine.now() });
    wasPaused = group.note === 'pause';
    const balancers = group.apps.length < 2 ? [] : await engine.look(group);
    const verdict = plan.direction === 'back' ? undefined : engine.judge(group, balancers);
    const step = decide({ group, balancers, plan: { ...plan, verdict }, now: engine.now() });
    if (step.do === 'done') {
      const as = step.as === 'hybrid' ? step.as : (whoIsLeft(group, pair, lock) ?? step.as);
      return ended(as, why ?? (group.note === 'abort' && !mayRestore ? 'it was aborted' : undefined));
    }
    if (step.do === 'abort') {
      why = step.why;
      engine.say(`the deployment is taken back: ${why}`);
      await writeNote(engine.marathon, { ...engine, note: 'abort' });
      await lock.note({ since: engine.now() });
      plan = { ...plan, direction: 'back' };
      continue;
    }
    say(step);
    const isDone = await act(engine, lock, step);
    await (isDone ? rest(engine, lock) : engine.sleep(engine.pauseMs, engine.signal));
  }
  throw new DeployError(`the run has not ended within ${LONGEST_MS / 3_600_000} hours, and the same command goes on`, EXIT.unexpected);
}

/** Which end a deployment has come to, by the app that is left of its two: an abort may come too late. Undefined when neither or nothing is known. */
function whoIsLeft({ apps }: Group, pair: readonly Colour[] | undefined, { makes }: HeldLock): 'complete' | 'restored' | undefined {
  const [left] = apps;
  if (left === undefined || apps.length > 1) return undefined;
  if (pair === undefined && makes === undefined) return undefined;
  const isNew = pair === undefined ? makes?.startsWith(`${left.id} `) === true : left.id === pair[1]?.id;
  return isNew ? 'complete' : 'restored';
}

/** Waits between two steps. */
function rest(engine: Engine, lock: HeldLock): Promise<void> {
  return during({ engine, lock, what: 'the next step' }, engine.sleep(engine.stepDelayMs, engine.signal));
}

interface LockedWait {
  readonly engine: Engine;
  readonly lock: HeldLock;
  /** What is waited for. */
  readonly what: string;
}

/** Waits for work that may take long. Meanwhile it says so, and the lock shows that this run lives. Rejects when another run has the lock. */
async function during<Result>({ engine, lock, what }: LockedWait, work: Promise<Result>): Promise<Result> {
  const { marathon, group, now, signal, sleep, say } = engine;
  const begun = now();
  work.catch(() => undefined); // where the lock is lost first, nobody asks for its result
  while (now() - begun < LONGEST_MS) {
    const result = await within(work, { ms: REPEAT_MS, signal, sleep });
    if (result !== LATE) return result;
    signal.throwIfAborted();
    say(`waiting for ${what}`);
    await lock.keep(await marathon.read(group));
  }
  throw new DeployError(`waited ${LONGEST_MS / 3_600_000} hours for ${what}, in vain`, EXIT.unexpected);
}

function ended(as: Exclude<DeployOutcome, 'first'>, why: string | undefined): DeployOutcome {
  if (as === 'restored' && why !== undefined)
    throw new TakenBack(`the deployment was taken back, and the old app has everything again: ${why}`, EXIT.unexpected);
  return as;
}

/** Does one step; false when there was nothing to do, or Marathon would not. */
async function act(engine: Engine, lock: HeldLock, step: Step): Promise<boolean> {
  const { marathon } = engine;
  const beforeKill = (killing: Killing): Promise<void> =>
    during(
      { engine, lock, what: `the pre-kill hook, or who is asked, to let tasks of ${killing.app.id} be killed` },
      engine.beforeKill(killing),
    );
  switch (step.do) {
    case 'kill':
      await beforeKill(step);
      return marathon.kill(step.tasks);
    case 'scale':
      return marathon.change(step.app.id, { instances: step.instances }, step.force);
    case 'remove':
      await beforeKill({ ...step, tasks: step.app.tasks.map(({ id }) => id) });
      return marathon.remove(step.app.id, step.force);
    case 'turn':
      await lock.note({ leaving: step.leaving });
      return true;
    case 'refuse':
      throw new RefusedDeployment(step.why, EXIT.unexpected);
    case 'stop':
      throw new DeployError(step.why, step.exitCode);
    case 'wait':
    case 'abort':
    case 'done':
      return false;
  }
}
