import { Option, type Command } from 'commander';
import { readLimits } from '../deploy/analysis.ts';
import { DeployError, EXIT } from '../deploy/deploy-error.ts';
import { deploy as run } from '../deploy/engine.ts';
import { seemsAlive, writeNote } from '../deploy/lock.ts';
import type { Group, PersonNote, DeployPlan } from '../deploy/shapes.ts';
import { describeDeployment, statusOf, type DeployStatus } from '../deploy/status.ts';
import { count } from '../lib/count.ts';
import { machineTime, sleep } from '../lib/clock.ts';
import {
  addPlaceFlags,
  addStepFlags,
  analysisFor,
  baseOf,
  engineFor,
  readCount,
  readNamed,
  withMarathon,
  type Opened,
  type PlaceFlags,
  type RunFlags,
} from './deploy-parts.ts';
import { runZdd, type ZddFlags } from './zdd.ts';

/** Adds `marathon-lb-ts deploy` with its verbs. */
export function addDeploy(program: Command): Command {
  const deploy = program
    .command('deploy')
    .description('deploy an app in two colours without downtime, look at a deployment, and end it (docs/deployments.md)');
  addStart(deploy);
  addStatus(deploy);
  addVerb(deploy, { verb: 'promote', note: 'promote', help: 'the new app takes all, also where both were to be kept' });
  addVerb(deploy, { verb: 'abort', note: 'abort', help: 'the old app takes all again, and the new one is removed' });
  addVerb(deploy, { verb: 'pause', note: 'pause', help: 'nothing is done until resume' });
  addVerb(deploy, { verb: 'resume', note: undefined, help: 'go on after a pause, or with a deployment that nobody drives' });
  return program;
}

/** How often a wait says what it waits for, in milliseconds. */
const SAY_MS = 10_000;

const WAIT = new Option('-w, --step-timeout <seconds>', 'how long one step may take').argParser(readCount).default(300);
const DELAY = new Option('--step-delay <seconds>', 'the time between two steps').argParser(readCount).default(5);
const ANALYSIS = new Option(
  '--analysis <limits>',
  "take the deployment back when the new app breaks a limit: 'errors<1%,mean<200ms,p95<300ms'",
).argParser(readLimits);

type StartFlags = Omit<ZddFlags, 'maxWait'> & { readonly stepTimeout: number };

function addStart(deploy: Command): void {
  const start = deploy.command('start').description('make the new app and drive the deployment to its end').allowExcessArguments(false);
  addStepFlags(addPlaceFlags(start))
    .addOption(new Option('-j, --json <file>', 'the app definition').makeOptionMandatory())
    .addOption(
      new Option('--steps <shares>', 'the ramp as shares of the target: 10%,50%,100%').argParser(readShares).conflicts('linearIncrease'),
    )
    .addOption(new Option('--linear-increase <number>', 'so many instances more in each step').argParser(readCount).default(0))
    .addOption(new Option('-i, --initial-instances <number>', 'how many instances the new app begins with').argParser(readCount).default(1))
    .addOption(
      new Option('-n, --new-instances <number>', 'keep both apps, with so many instances of the new one').argParser(readCount).default(0),
    )
    .addOption(
      new Option('--instances-from <where>', 'whose number of instances is the target').choices(['json', 'running']).default('running'),
    )
    .addOption(new Option('-d, --dry-run', 'change nothing: print the app that would be made, or what would be done next').default(false))
    .addOption(new Option('--wait', 'wait for the end, as it does in any case'))
    .addOption(WAIT)
    .addOption(DELAY)
    .addOption(ANALYSIS)
    .action(() => {
      const flags: StartFlags = start.opts();
      return runZdd({ ...flags, maxWait: flags.stepTimeout, force: true, completeCur: false, completePrev: false });
    });
}

/** Reads '10%,50%,100%'. */
function readShares(text: string): readonly number[] {
  const shares = text.split(',').map((part) => Number(/^\s*(\d{1,3})%?\s*$/.exec(part)?.[1] ?? NaN));
  const isRising = shares.every((share, i) => share > (shares[i - 1] ?? 0) && share <= 100);
  if (!isRising)
    throw new DeployError(`--steps '${text}' can't be read: rising shares up to 100% are wanted, as in 10%,50%,100%`, EXIT.unexpected);
  return shares;
}

interface StatusFlags extends PlaceFlags {
  readonly json: boolean;
  readonly watch: boolean;
  readonly wait: boolean;
  readonly stepTimeout: number;
}

function addStatus(deploy: Command): void {
  const status = deploy.command('status <group>').description('how far the deployment of a group is').allowExcessArguments(false);
  addPlaceFlags(status)
    .addOption(new Option('--json', 'print JSON').default(false))
    .addOption(new Option('--watch', 'show it again every second, until the deployment has ended').default(false))
    .addOption(new Option('--wait', 'wait until the deployment has ended').default(false))
    .addOption(WAIT)
    .action((group: string) => showStatus(group, status.opts()));
}

async function showStatus(asked: string, flags: StatusFlags): Promise<void> {
  const plan: DeployPlan = { growth: { by: 'half' }, stepMs: flags.stepTimeout * 1000, onTimeout: 'kill', direction: 'forward' };
  const show = (status: DeployStatus): void => {
    const text = flags.json ? `${JSON.stringify(status)}\n` : describeDeployment(status);
    process.stdout.write(flags.watch && process.stdout.isTTY && !flags.json ? `\u001b[2J\u001b[H${text}` : text);
  };
  const follow = async (opened: Opened): Promise<void> => {
    const { name } = await readNamed(opened.marathon, asked);
    const engine = engineFor(opened, { group: name, base: name, flags: { stepDelay: 1, onTimeout: 'kill' } });
    for (let saidAt = machineTime(); ;) {
      const group = await opened.marathon.read(name);
      const status = statusOf({ group, balancers: await engine.look(group), plan, now: engine.now() });
      const isOver = status.state === 'none' || status.state === 'hybrid';
      if (flags.watch || !flags.wait || isOver) show(status);
      if (isOver || !(flags.watch || flags.wait)) return;
      if (!flags.watch) needDriver(group);
      if (!flags.watch && machineTime() - saidAt >= SAY_MS) {
        saidAt = machineTime();
        opened.say(`waiting for the end of the deployment of ${name}: ${status.step}`);
      }
      await sleep(1_000, opened.signal);
    }
  };
  await withMarathon(flags, (opened) =>
    follow(opened).catch((error: unknown) => {
      if (!(flags.watch && opened.signal.aborted)) throw error; // a person who has seen enough presses Ctrl-C
    }),
  );
}

/** Throws a DeployError when nobody drives a deployment, because then it does not end. */
function needDriver({ name, locks }: Group): void {
  const lock = locks.at(-1);
  if (lock !== undefined && seemsAlive(lock, machineTime())) return;
  const who = lock === undefined ? 'nobody drives it' : `${lock.owner}, which drove it, does not live any more`;
  throw new DeployError(`the deployment of ${name} does not end, because ${who}: deploy resume goes on`, EXIT.unexpected);
}

interface Verb {
  readonly verb: string;
  readonly note: PersonNote | undefined;
  readonly help: string;
}

type VerbFlags = PlaceFlags & RunFlags & { readonly stepTimeout: number; readonly wait: boolean };

function addVerb(deploy: Command, { verb, note, help }: Verb): void {
  const command = deploy.command(`${verb} <group>`).description(help).allowExcessArguments(false);
  addStepFlags(addPlaceFlags(command))
    .addOption(WAIT)
    .addOption(DELAY)
    .addOption(ANALYSIS)
    .addOption(new Option('--wait', 'wait until the deployment has ended, where another run drives it').default(false))
    .action((group: string) => say(group, note, command.opts()));
}

/** Tells the run that drives a deployment; where nobody does, this command drives it. */
async function say(asked: string, note: PersonNote | undefined, flags: VerbFlags): Promise<void> {
  await withMarathon(flags, async (opened) => {
    const group = await readNamed(opened.marathon, asked);
    const { name } = group;
    if (group.apps.length < 2)
      throw new DeployError(
        `the deployment group ${name} has ${count(group.apps.length, 'app')}, so no deployment is under way`,
        EXIT.noHybrid,
      );
    await writeNote(opened.marathon, { base: baseOf(group), group: name, note });
    const lock = group.locks.at(-1);
    const isDriven = lock !== undefined && seemsAlive(lock, machineTime());
    if (isDriven && note !== 'pause') opened.say(`${lock.owner} drives the deployment and is told`);
    if (note === 'pause') return;
    if (!isDriven) await driveOn(opened, group, flags);
    else if (flags.wait) await untilOver(opened, name);
  });
}

async function driveOn(opened: Opened, group: Group, flags: VerbFlags): Promise<void> {
  const analysis = analysisFor(flags);
  const engine = engineFor(opened, { group: group.name, base: baseOf(group), flags, analysis });
  const plan: DeployPlan = { growth: { by: 'half' }, stepMs: flags.stepTimeout * 1000, onTimeout: flags.onTimeout, direction: 'forward' };
  const outcome = await run(engine, { plan, make: undefined, key: '', confirm: () => Promise.resolve(), mayRestore: true });
  opened.say(`the deployment of ${group.name} has ended: ${outcome}`);
}

/** Waits until a deployment that another run drives has ended. Rejects when that run does not live any more, because then nobody ends it. */
async function untilOver({ marathon, signal, say: tell }: Opened, name: string): Promise<void> {
  let saidAt = machineTime();
  for (;;) {
    const group = await marathon.read(name);
    const lock = group.locks.at(-1);
    if (group.apps.length < 2 || lock === undefined) return; // without a lock, the other run has ended: a hybrid keeps both apps
    needDriver(group);
    if (machineTime() - saidAt >= SAY_MS) {
      saidAt = machineTime();
      tell(`waiting for ${lock.owner} to end the deployment of ${name}`);
    }
    await sleep(1_000, signal);
  }
}
