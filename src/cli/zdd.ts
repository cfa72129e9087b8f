import { readFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { decide } from '../deploy/decide.ts';
import { DeployError, EXIT } from '../deploy/deploy-error.ts';
import { deploy, type DeployTask } from '../deploy/engine.ts';
import { prepare, readDefinition, type NamedDefinition } from '../deploy/prepare.ts';
import { count } from '../lib/count.ts';
import type { Group, Growth, DeployPlan } from '../deploy/shapes.ts';
import {
  addPlaceFlags,
  addStepFlags,
  analysisFor,
  askPerson,
  baseOf,
  digest,
  engineFor,
  readCount,
  sortedJson,
  withMarathon,
  type Opened,
  type PlaceFlags,
  type RunFlags,
} from './deploy-parts.ts';
import { readLogFormat, readLogLevel, type LogFlags } from './zdd-log.ts';

/** zdd's flags. */
export interface ZddFlags extends PlaceFlags, RunFlags, LogFlags {
  readonly json: string;
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly initialInstances: number;
  readonly linearIncrease: number;
  readonly maxWait: number;
  readonly newInstances: number;
  readonly completeCur: boolean;
  readonly completePrev: boolean;
  readonly instancesFrom: 'json' | 'running';
  /** Shares of the target, in place of zdd's ramp. */
  readonly steps?: readonly number[];
}

/** Adds `marathon-lb-ts zdd`, which a pipeline calls as it called marathon-lb's zdd.py. */
export function addZdd(program: Command): Command {
  const zdd = program
    .command('zdd')
    .description("deploy an app without downtime, with the flags and exit codes of marathon-lb's zdd.py (docs/deployments.md)")
    .allowExcessArguments(false);
  addStepFlags(addPlaceFlags(zdd))
    .addOption(new Option('-j, --json <file>', 'the app definition').makeOptionMandatory())
    .addOption(new Option('-d, --dry-run', 'change nothing: print the app that would be made, or what would be done next').default(false))
    .addOption(new Option('-f, --force', 'do not ask before anything is changed').default(false))
    .addOption(new Option('-s, --step-delay <seconds>', 'the time between two steps').argParser(readCount).default(5))
    .addOption(new Option('-i, --initial-instances <number>', 'how many instances the new app begins with').argParser(readCount).default(1))
    .addOption(
      new Option('--linear-increase <number>', 'so many instances more in each step; half as many again when 0')
        .argParser(readCount)
        .default(0),
    )
    .addOption(new Option('-r, --resume', 'accepted, without effect: a deployment that was begun is always continued'))
    .addOption(new Option('-w, --max-wait <seconds>', 'how long one step may take').argParser(readCount).default(300))
    .addOption(
      new Option('-n, --new-instances <number>', 'keep both apps, with so many instances of the new one').argParser(readCount).default(0),
    )
    .addOption(new Option('-c, --complete-cur', 'end a hybrid: the newer app takes all').default(false))
    .addOption(new Option('-p, --complete-prev', 'end a hybrid: the older app takes all').default(false))
    .addOption(
      new Option('--instances-from <where>', 'whose number of instances is the target').choices(['json', 'running']).default('running'),
    )
    .addOption(
      new Option('--syslog-socket <file>', 'accepted, without effect: messages go to stderr, and `logger` can pass them on to syslog'),
    )
    .action(() => runZdd(zdd.opts()));
  addLogFlags(zdd);
  return program;
}

function addLogFlags(zdd: Command): void {
  const format = new Option('--log-format <format>', "text, json, or a format of Python's logging: '%(asctime)s %(name)s: %(message)s'");
  const level = new Option('--log-level <level>', 'DEBUG, INFO, WARNING, ERROR, CRITICAL or silent: progress is told up to INFO');
  zdd.addOption(format.argParser(readLogFormat)).addOption(level.argParser(readLogLevel));
}

/** Runs a deployment from its flags to its end. */
export async function runZdd(flags: ZddFlags): Promise<void> {
  const text = await readFile(flags.json, 'utf8').catch((error: unknown) => {
    throw new DeployError(`the app definition ${flags.json} can't be read`, EXIT.unexpected, error);
  });
  const named = readDefinition(text, flags.json);
  await withMarathon(flags, async (opened) => {
    const group = await opened.marathon.read(named.group);
    const isHybrid = flags.completeCur || flags.completePrev;
    if (isHybrid && group.apps.length < 2)
      throw new DeployError(
        `the deployment group ${named.group} has ${count(group.apps.length, 'app')}, so there is no hybrid to complete`,
        EXIT.noHybrid,
      );
    const wishes = { named, flags, isHybrid, digest: digest(text) };
    if (flags.dryRun) await dryRun(opened, group, wishes);
    else await drive(opened, group, wishes);
  });
}

interface ZddWishes {
  readonly named: NamedDefinition;
  readonly flags: ZddFlags;
  readonly isHybrid: boolean;
  readonly digest: string;
}

async function drive(opened: Opened, group: Group, wishes: ZddWishes): Promise<void> {
  const { named, flags, isHybrid } = wishes;
  const confirmKill = flags.force
    ? {}
    : {
        confirmKill: ({ tasks, app }: { readonly tasks: readonly string[]; readonly app: { readonly id: string } }) =>
          askPerson(`Kill ${tasks.length} tasks of ${app.id}?`),
      };
  const analysis = analysisFor(flags);
  const engine = engineFor(opened, { group: named.group, base: baseOf(group, named.id), flags, analysis, ...confirmKill });
  if (group.apps.length === 2) opened.say(`goes on with the deployment of ${group.apps.map(({ id }) => id).join(' and ')} that was begun`);
  const task: DeployTask = {
    plan: planOf(flags),
    make: isHybrid ? undefined : (now) => makeApp(wishes, now),
    key: wishes.digest,
    confirm: async (app) => {
      process.stdout.write(`${sortedJson(app)}\n`);
      if (!flags.force) await askPerson('Continue with deployment?');
    },
  };
  const outcome = await deploy(engine, task);
  const doubt = outcome === 'complete' ? analysis.doubt() : undefined;
  if (doubt !== undefined) opened.say(doubt);
  opened.say(OUTCOMES[outcome]);
}

const OUTCOMES = {
  first: 'the first app of the group is made',
  complete: 'the deployment is complete',
  hybrid: 'both apps have their instances; -c or -p ends the hybrid',
  restored: 'the older app has everything again',
} as const;

function growthOf({ steps, linearIncrease }: Pick<ZddFlags, 'steps' | 'linearIncrease'>): Growth {
  if (steps !== undefined) return { by: 'shares', shares: steps };
  return linearIncrease > 0 ? { by: 'number', number: linearIncrease } : { by: 'half' };
}

function planOf(flags: ZddFlags): DeployPlan {
  const direction = flags.completePrev ? 'back' : flags.completeCur ? 'whole' : 'forward';
  return { growth: growthOf(flags), stepMs: flags.maxWait * 1000, onTimeout: flags.onTimeout, direction };
}

function makeApp({ named, flags }: ZddWishes, { apps }: Group) {
  const { initialInstances: initial, newInstances, instancesFrom } = flags;
  return prepare({ app: named.app, previous: apps.at(-1), initial, newInstances, instancesFrom, growth: growthOf(flags), now: new Date() });
}

/** Changes nothing, whatever there is. */
async function dryRun(opened: Opened, group: Group, wishes: ZddWishes): Promise<void> {
  if (group.apps.length < 2) {
    process.stdout.write(`${sortedJson(makeApp(wishes, group))}\n`);
    return;
  }
  const engine = engineFor(opened, { group: group.name, base: baseOf(group, wishes.named.id), flags: wishes.flags });
  const step = decide({ group, balancers: await engine.look(group), plan: planOf(wishes.flags), now: engine.now() });
  opened.say(`a run would do this next: ${step.do}${'app' in step ? ` ${step.app.id}` : 'for' in step ? ` for ${step.for}` : ''}`);
}
