import { count } from '../lib/count.ts';
import { EXIT } from './deploy-error.ts';
import { LABELS, numberOf } from './labels.ts';
import { nextInstances } from './ramp.ts';
import type { Balancer, Colour, Group, Lock, DeployPlan, Step } from './shapes.ts';
import { countReady, countServing, sortBalancers, sortLeaving, type Answered, type Emptying } from './balancer-counts.ts';

/** What a decision is made from. */
export interface Facts {
  readonly group: Group;
  readonly balancers: readonly Balancer[];
  readonly plan: DeployPlan;
  /** By the machine's clock, in ms since 1970. */
  readonly now: number;
}

/**
 * What is to be done next for a group with two apps. Nothing is remembered between two calls: the same facts give the same step, so that a run that
 * was ended at any moment is continued by the next one.
 */
export function decide({ group, balancers, plan, now }: Facts): Step {
  const [old, young, third] = group.apps;
  if (third !== undefined) return { do: 'refuse', why: tooMany(group) };
  const direction = group.note === 'abort' ? 'back' : group.note === 'promote' && plan.direction !== 'back' ? 'whole' : plan.direction;
  if (old === undefined || young === undefined) return { do: 'done', as: direction === 'back' ? 'restored' : 'complete' };
  if (group.note === 'pause' && direction !== 'back') return { do: 'wait', for: '`deploy resume`: the deployment is paused' };
  const lock = group.locks.at(-1);
  const parts = { old, young, balancers, plan, now, lock };
  return direction === 'back' ? goBack(parts) : goForward({ ...parts, isWhole: direction === 'whole' });
}

function tooMany({ name, apps }: Group): string {
  const ids = apps.map(({ id }) => id).join(', ');
  return `the deployment group ${name} has ${apps.length} apps (${ids}), and only two can be a deployment: remove the others, or give them a different ${LABELS.group}`;
}

interface Parts {
  readonly old: Colour;
  readonly young: Colour;
  readonly balancers: readonly Balancer[];
  readonly plan: DeployPlan;
  readonly now: number;
  readonly lock: Lock | undefined;
}

/** How many instances serve in the end, of both apps together. */
function targetOf({ young }: Parts): number {
  return numberOf(young.labels[LABELS.target], young.instances);
}

/** The new app grows to its goal, and the old app's tasks go as they are drained. */
function goForward(parts: Parts & { readonly isWhole: boolean }): Step {
  const { old, young, plan, isWhole } = parts;
  const target = targetOf(parts);
  const wanted = isWhole ? 0 : numberOf(young.labels[LABELS.newInstances], 0);
  const kept = wanted < target ? wanted : 0; // a hybrid of all instances is none
  const [goal, rest] = kept > 0 ? [kept, target - kept] : [target, 0];
  if (plan.verdict !== undefined) return { do: 'abort', why: plan.verdict };
  if (parts.lock?.leaving !== undefined && parts.lock.leaving !== old.id) return { do: 'turn', leaving: old.id };
  const isHybrid = kept > 0 && young.instances === goal && old.instances <= rest;
  if (isHybrid && !young.deploying && !old.deploying) return { do: 'done', as: 'hybrid' };
  return shift({ ...parts, grows: young, leaves: old, goal, rest: kept > 0 ? rest : undefined, isBack: false });
}

/**
 * The old app gets back all its instances first, and all of its tasks run; then the load balancers are told to drain the new one, which is removed when
 * it is drained.
 */
function goBack(parts: Parts): Step {
  const { old, young, lock } = parts;
  const target = targetOf(parts);
  const back = { ...parts, grows: old, leaves: young, goal: Math.max(target, old.instances), rest: undefined, isBack: true };
  if (old.instances < target && !old.deploying) return { do: 'scale', app: old, instances: target, force: false };
  const { answered } = sortBalancers(parts.balancers);
  const first = turnOldOnes(back, answered);
  if (first !== undefined) return first;
  if (lock === undefined || lock.leaving === young.id || answered.length === 0) return shift(back);
  const ready = countReady(old, answered);
  if (ready >= target) return { do: 'turn', leaving: young.id };
  const what = `${count(target, 'task')} of ${old.id} to be ready on every load balancer`;
  return wait(back, { what, because: `${ready} of ${target} are`, kind: 'start' });
}

/**
 * A marathon-lb 1.15 does not know that a deployment is taken back, and drains tasks of the app that was scaled earlier. Where that is the old app, one of
 * its drained tasks is killed and started again, before the other load balancers use it again: then it is the one that was scaled later.
 */
function turnOldOnes(parts: Shift, answered: readonly Answered[]): Step | undefined {
  const { old, young, balancers } = parts;
  const oldOnes = answered.filter(({ isOld }) => isOld === true);
  const serves = sortLeaving(young, oldOnes).serving.length > 0;
  if (oldOnes.length === 0 || !serves || old.changedAt > young.changedAt || old.deploying || answered.length < balancers.length)
    return undefined;
  const [drained] = sortLeaving(old, answered).drained;
  if (drained !== undefined) return { do: 'kill', app: old, tasks: [drained], stays: young };
  if (isLate(parts)) return undefined;
  return wait(parts, { what: `a task of ${old.id} to be drained on every load balancer`, because: 'none is', kind: 'drain' });
}

interface Shift extends Parts {
  readonly grows: Colour;
  readonly leaves: Colour;
  /** How many instances the growing app gets. */
  readonly goal: number;
  /** How many instances the other app keeps; undefined when it goes. */
  readonly rest: number | undefined;
  readonly isBack: boolean;
}

function shift(parts: Shift): Step {
  const { grows, leaves, balancers, isBack } = parts;
  const { answered, silent } = sortBalancers(balancers);
  const mayIgnoreSilent = silent.length > 0 && isLate(parts) && parts.plan.onTimeout === 'kill' && answered.length > 0;
  const busy = [grows, ...(isBack ? [] : [leaves])].find(({ deploying }) => deploying);
  if (busy !== undefined) return wait(parts, { what: `Marathon's deployment of ${busy.id}`, because: 'it has not ended', kind: 'start' });
  if (answered.length === 0 && silent.length === 0) return { do: 'refuse', why: 'no load balancer is named, so nothing can be drained' };
  if (silent.length > 0 && !mayIgnoreSilent)
    return wait(parts, { what: `an answer of ${silent.join('; ')}`, because: 'there is none', kind: 'silent' });
  const serving = countServing(grows, judgesOf(parts, answered));
  const wanted = Math.max(grows.instances, isBack ? parts.goal : 0);
  if (serving < wanted)
    return wait(parts, {
      what: `${count(wanted, 'task')} of ${grows.id} to serve on every load balancer`,
      because: `${serving} of ${wanted} do`,
      kind: 'start',
    });
  return takeAway({ ...parts, emptying: sortLeaving(leaves, answered), answered });
}

/**
 * The load balancers on which the growing app is to serve. By a kill the old app is scaled later than the new one, and a marathon-lb 1.15 takes it for the
 * new one and drains the wrong tasks, until the new app is scaled: that must not wait for it.
 */
function judgesOf({ grows, leaves, goal, isBack }: Shift, answered: readonly Answered[]): readonly Answered[] {
  const isTurned = !isBack && leaves.changedAt > grows.changedAt && grows.instances < goal;
  return isTurned ? answered.filter(({ isOld }) => isOld !== true) : answered;
}

interface TakingAway extends Shift {
  readonly emptying: Emptying;
  readonly answered: readonly Answered[];
}

/** All tasks of the growing app serve: those of the other app that are drained go, and then the growing app grows. */
function takeAway(parts: TakingAway): Step {
  const { grows, leaves, goal, rest, emptying, plan, isBack } = parts;
  const isGrown = grows.instances >= goal;
  const spare = countServing(grows, parts.answered) + leaves.instances - targetOf(parts); // so many more than are wanted in all
  const mayGo = Math.max(0, Math.min(leaves.instances - (rest ?? 0), spare));
  const isEmpty = emptying.busy.length === 0 && emptying.serving.length === 0;
  if (isGrown && rest === undefined && isEmpty) return { do: 'remove', app: leaves, stays: grows, force: isBack && leaves.deploying };
  const isOver = isLate(parts) && plan.onTimeout === 'kill';
  const chosen = [...emptying.drained, ...(isOver ? emptying.busy : [])].slice(0, mayGo);
  const isWhole = rest === undefined && isGrown && chosen.length === leaves.tasks.length;
  const mayTurn = isGrown && rest === undefined && parts.answered.some(({ isOld }) => isOld === true); // by a kill the old app would be scaled later, and count as the new one in a marathon-lb 1.15
  if (isWhole && chosen.length > 0) return { do: 'remove', app: leaves, stays: grows, force: isBack && leaves.deploying };
  if (chosen.length > 0 && !mayTurn && !(isBack && leaves.deploying)) return { do: 'kill', app: leaves, tasks: chosen, stays: grows };
  if (!isGrown) {
    const instances = nextInstances({ now: grows.instances, goal, other: leaves.instances, growth: plan.growth });
    return { do: 'scale', app: grows, instances, force: false };
  }
  if (rest !== undefined && leaves.instances > rest && leaves.tasks.length < leaves.instances)
    return { do: 'scale', app: leaves, instances: rest, force: false };
  return wait(parts, {
    what: `the tasks of ${leaves.id} to be drained on every load balancer`,
    because: describe(emptying),
    kind: 'drain',
  });
}

function describe({ drained, busy, serving, sessions }: Emptying): string {
  return `${drained.length} are drained, ${busy.length} have ${count(sessions, 'open session')}, ${serving.length} still get requests`;
}

/** Since when nothing has happened: the last change of one of the apps, or of who drives the deployment. */
export function waitsSince({ old, young, lock }: Pick<Parts, 'old' | 'young' | 'lock'>): number {
  return Math.max(old.changedAt, young.changedAt, lock?.since ?? 0);
}

function isLate(parts: Parts): boolean {
  return parts.now - waitsSince(parts) > parts.plan.stepMs;
}

interface DeployWait {
  readonly what: string;
  readonly because: string;
  readonly kind: 'start' | 'silent' | 'drain';
}

/**
 * Waits; after the time for a step, a deployment that does not come up is taken back, and one that does not drain as --on-timeout says. What can't be
 * taken back either, or is not seen by any load balancer, ends the run.
 */
function wait(parts: Shift, { what, because, kind }: DeployWait): Step {
  if (!isLate(parts)) return { do: 'wait', for: `${what}: ${because}` };
  const { isBack, plan, balancers } = parts;
  const why = `waited ${Math.round(plan.stepMs / 1000)} s for ${what}, but ${because}`;
  const isLimited = kind === 'start' || plan.onTimeout === 'abort';
  if (isLimited && !isBack) return { do: 'abort', why };
  const isBlind = kind === 'silent' && sortBalancers(balancers).answered.length === 0;
  if (isBlind) return { do: 'stop', why: `${why}: nothing was killed, and the same command goes on`, exitCode: EXIT.balancer };
  if (isLimited)
    return {
      do: 'stop',
      why: `${why}: nothing of ${parts.leaves.id} was removed, and the same command goes on`,
      exitCode: EXIT.unexpected,
    };
  return { do: 'wait', for: `${what}: ${because}` };
}
