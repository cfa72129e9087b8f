import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { makeAnalysis, type Analysis, type AnalysisLimit } from '../deploy/analysis.ts';
import { DeployError, EXIT } from '../deploy/deploy-error.ts';
import type { Engine } from '../deploy/engine.ts';
import { runHook, type Killing } from '../deploy/hook.ts';
import { LABELS } from '../deploy/labels.ts';
import { ownerName } from '../deploy/lock.ts';
import type { MarathonSide } from '../deploy/marathon-side.ts';
import type { Group, OnTimeout } from '../deploy/shapes.ts';
import { machineTime, sleep } from '../lib/clock.ts';
import { sentence } from '../lib/sentence.ts';
import { UsageError } from '../lib/usage-error.ts';
import { defaultSettings } from '../options/options.ts';
import { withSignals } from './signals.ts';
import { sayAs, type LogFlags } from './zdd-log.ts';

/** The flags that say where Marathon and the load balancers are, as zdd names them. */
export interface PlaceFlags {
  readonly marathon: string;
  readonly marathonLb: readonly string[];
  readonly marathonAuthCredentialFile?: string;
  readonly authCredentials?: string;
  readonly dcosAuthCredentials?: string;
  readonly marathonCaCert?: string;
  readonly insecure?: boolean;
}

/** Adds the flags of `PlaceFlags`. */
export function addPlaceFlags(command: Command): Command {
  const collect = (one: string, all: readonly string[] | undefined): readonly string[] => [...(all ?? []), one];
  return command
    .addOption(new Option('-m, --marathon <url>', 'Marathon: http://host:8080').makeOptionMandatory())
    .addOption(
      new Option(
        '-l, --marathon-lb <url>',
        'statistics of a load balancer, every address of its name: http://lb:9090; may be given several times',
      )
        .argParser(collect)
        .makeOptionMandatory(),
    )
    .addOption(new Option('--marathon-auth-credential-file <file>', 'a file with user:password for Marathon'))
    .addOption(new Option('--auth-credentials <user:password>', 'the credentials for Marathon'))
    .addOption(new Option('--dcos-auth-credentials <json>', 'a DC/OS service account').env('DCOS_SERVICE_ACCOUNT_CREDENTIAL'))
    .addOption(new Option('--marathon-ca-cert <file>', "the CA of Marathon's certificate"))
    .addOption(new Option('--insecure', "do not verify Marathon's certificate"));
}

/** Adds the flags that say how a step waits and how tasks are killed. */
export function addStepFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--on-timeout <what>', 'what becomes of tasks that still have sessions after the wait for a step')
        .choices(['kill', 'wait', 'abort'])
        .default('kill'),
    )
    .addOption(
      new Option(
        '--pre-kill-hook <program>',
        'run before tasks are killed, with the old app, the ids of the tasks and the new app as JSON',
      ),
    );
}

/** Reads a whole number. */
export function readCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Wanted: a whole number.');
  return Number(text);
}

/** How a run behaves. */
export interface RunFlags {
  readonly stepDelay: number;
  readonly preKillHook?: string;
  readonly onTimeout: OnTimeout;
  readonly analysis?: readonly AnalysisLimit[] | undefined;
}

/** Marathon and the load balancers of the flags, while a command runs. */
export interface Opened {
  readonly marathon: MarathonSide;
  readonly balancers: readonly URL[];
  readonly signal: AbortSignal;
  readonly say: (sentence: string) => void;
}

/** Opens Marathon, runs the work, and closes the connections. */
export async function withMarathon<Result>(flags: PlaceFlags & LogFlags, work: (opened: Opened) => Promise<Result>): Promise<Result> {
  const balancers = flags.marathonLb.map(readUrl);
  const { marathon: url, marathonAuthCredentialFile, authCredentials, dcosAuthCredentials, marathonCaCert, insecure = false } = flags;
  const settings = {
    ...defaultSettings(),
    marathon: [url],
    marathonAuthCredentialFile,
    authCredentials,
    dcosAuthCredentials: dcosAuthCredentials === '' ? undefined : dcosAuthCredentials, // an empty variable is none
    marathonCaCert: marathonCaCert === '' ? undefined : marathonCaCert,
    insecure,
  };
  const [{ openMarathon }, { makeMarathonSide }] = await Promise.all([
    import('../daemon/open-marathon.ts'),
    import('../deploy/marathon-side.ts'),
  ]);
  const client = await openMarathon(settings, process.env).catch((error: unknown) => {
    throw error instanceof UsageError ? error : new DeployError(sentence(error), EXIT.unexpected, error);
  });
  const results: Result[] = [];
  const say = sayAs(flags, (line) => process.stderr.write(line));
  try {
    await withSignals(async ({ signal }) => {
      const marathon = makeMarathonSide(client, signal);
      const result = work({ marathon, balancers, signal, say }).catch((error: unknown) => {
        throw signal.aborted ? new DeployError('ended by a signal; the same command goes on from here', EXIT.unexpected) : error;
      });
      results.push(await result);
    });
  } finally {
    await client.close();
  }
  return results[0] as Result;
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new DeployError(`--marathon-lb must look like http://lb:9090, but is '${text}'`, EXIT.unexpected);
}

/** The analysis that was asked for; one without limits finds nothing and doubts nothing. */
export function analysisFor({ analysis }: Pick<RunFlags, 'analysis'>): Analysis {
  return analysis === undefined ? { judge: () => undefined, doubt: () => undefined } : makeAnalysis(analysis);
}

/** The engine for a group. `confirmKill` asks a person before tasks are killed; nobody is asked without it. */
export function engineFor(opened: Opened, { group, base, flags, confirmKill, analysis }: EngineWishes): Engine {
  const { marathon, balancers, signal, say } = opened;
  const { preKillHook: hook, stepDelay } = flags;
  return {
    marathon,
    group,
    base,
    owner: ownerName(),
    look: async (seen) => (await import('../deploy/balancers.ts')).askBalancers(balancers, seen, signal), // imported here, so that other commands start fast
    beforeKill: async (killing: Killing) => {
      if (hook !== undefined) await runHook(hook, killing, signal);
      await confirmKill?.(killing);
    },
    judge: analysis?.judge ?? (() => undefined),
    say,
    pauseMs: Math.min(1_000, Math.max(100, stepDelay * 1000)),
    stepDelayMs: stepDelay * 1000,
    now: machineTime,
    sleep,
    signal,
  };
}

interface EngineWishes {
  readonly group: string;
  readonly base: string;
  readonly flags: RunFlags;
  readonly confirmKill?: (killing: Killing) => Promise<void>;
  readonly analysis?: Analysis;
}

/** The id that the ids of the colours of a group begin with: that of the definition, if one is given, or as the newer app's labels say. */
export function baseOf({ apps, locks, name }: Group, id?: string): string {
  const young = apps.at(-1);
  const lock = locks[0]?.id.replace(/-zdd(-\d+)?$/, '');
  const named = id ?? young?.labels[LABELS.appId] ?? lock ?? young?.id ?? name;
  return `/${named.replace(/^\/+/, '')}`;
}

/** Reads the group of this name, with or without the slash that its label begins with. Rejects when Marathon has no app of it. */
export async function readNamed(marathon: MarathonSide, name: string): Promise<Group> {
  const other = name.startsWith('/') ? name.replace(/^\/+/, '') : `/${name}`;
  for (const text of [name, other]) {
    const group = await marathon.read(text);
    if (group.apps.length > 0) return group;
  }
  throw new DeployError(`Marathon has no app with ${LABELS.group}=${name}`, EXIT.noHybrid);
}

/** A digest of a text, by which one deployment is told from the next. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** Asks a person; rejects with exit code 1 when the answer is not yes, and with 2 when nobody can be asked. */
export async function askPerson(question: string): Promise<void> {
  if (!process.stdin.isTTY)
    throw new DeployError(
      "stdin is no terminal, so the question before a change can't be answered: with --force it is not asked",
      EXIT.unexpected,
    );
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(`${question} (y/n) `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new DeployError('the answer was not yes, so nothing was done', EXIT.refused);
  } finally {
    lines.close();
  }
}

/** JSON with its keys in order, as zdd prints the app that it makes. */
export function sortedJson(value: unknown): string {
  const sort = (_: string, one: unknown): unknown =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one;
  return JSON.stringify(value, sort, 2);
}
