import { Command } from 'commander';
import { readFileSync } from 'node:fs';
import { addDemo } from './demo.ts';
import { addDns } from './dns.ts';
import { gather } from '../lib/gather.ts';
import { makeLogger, type Logger } from '../lib/logger.ts';
import type { HaproxyEnd } from '../daemon/connect.ts';
import { untilUnexpected } from './exit.ts';
import { makeReference } from './reference.ts';
import { readNotes } from './old-words.ts';
import type { Settings } from '../options/options.ts';
import { addOptions, readSettings } from './commander-options.ts';
import { withSignals, type Signals } from './signals.ts';
import { addStatus } from './status.ts';

/** What is wrong with the words on the command line: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Reads the words, and hands the settings they make to `act`; some words, such as `labels`, do something else instead. */
export async function parseWords(words: readonly string[], act: (settings: Settings) => Promise<void>): Promise<void> {
  await makeProgram(act).parseAsync(readWords(words, process.env), { from: 'user' });
}

function makeProgram(act: (settings: Settings) => Promise<void>): Command {
  const program = new Command('marathon-lb-ts')
    .description('Follows Mesosphere Marathon and keeps HAProxy in step: a drop-in for marathon-lb 1.15.')
    .usage(
      '[options]\n       marathon-lb-ts dns [options]\n       marathon-lb-ts demo [options]\n       marathon-lb-ts status [options]\n       marathon-lb-ts labels',
    )
    .version(version(), '--version')
    .exitOverride()
    .enablePositionalOptions()
    .showHelpAfterError('(marathon-lb-ts --help lists the flags)')
    .helpOption('-h, --help', 'this text')
    .allowExcessArguments(false)
    .addHelpText('after', SIGNALS);
  addOptions(program);
  program.action(() => act(withSense(readSettings(program))));
  program
    .command('labels')
    .description('prints the reference of labels and templates')
    .action(() => {
      process.stdout.write(makeReference());
    });
  return addDemo(addStatus(addDns(program, runDns)));
}

const SIGNALS = `
Signals: HUP reads everything again, USR1 reloads HAProxy with the file as it is, TERM and INT end the daemon; HAProxy serves on, unless
--stop-haproxy is given. USR2 ends the daemon and HAProxy with it. A second one of these ends the daemon at once.
`;

/** marathon-lb's image takes `sse` or `poll` as its first word; following the stream is the default here. */
function readWords([first, ...rest]: readonly string[], { POLL_INTERVAL: interval = '' }: NodeJS.ProcessEnv): readonly string[] {
  if (first === '--longhelp' || rest.includes('--longhelp')) return ['labels'];
  if (first === 'sse') return rest;
  if (first === 'poll') return ['--poll', interval === '' ? '60' : interval, ...rest];
  return first === undefined ? [] : [first, ...rest];
}

/** DNS alone, without HAProxy. */
async function runDns(settings: Settings): Promise<void> {
  const { dnsAlone } = await import('../daemon/dns-alone.ts');
  await withLog(settings, ({ signal, onHup }, log) =>
    dnsAlone({ settings, env: process.env, signal, log }, ({ resync }) => {
      onHup(() => {
        resync('SIGHUP');
      });
    }),
  );
}

async function withLog(settings: Settings, work: (signals: Signals, log: Logger) => Promise<void>): Promise<void> {
  if (holdsSecret(settings)) process.title = 'marathon-lb-ts'; // the process list shows no credentials
  const log = await logOf(settings);
  await untilUnexpected(log, () => withSignals((signals) => work(signals, log)));
}

/** Does what the settings say: one pass, a dry one, or the daemon until a signal ends it. */
export async function run(settings: Settings): Promise<void> {
  await withLog(settings, (signals, log) => balance(settings, { ...signals, log }));
}

async function balance(settings: Settings, { signal, endedBy, onHup, onUsr1, log }: Signals & { readonly log: Logger }): Promise<void> {
  for (const { word, because } of readNotes(settings, process.env))
    log.info({ word, because }, 'a word of marathon-lb has no such effect here');
  const parts = { settings, env: process.env, signal, log };
  if (settings.dry) {
    const { dry } = await import('../daemon/dry.ts'); // each with what it needs alone: a pass from cron is short
    for (const piece of gather(await dry(parts))) process.stdout.write(piece);
    return;
  }
  const { daemon, once } = await import('../daemon/daemon.ts');
  if (settings.once) {
    log.info({}, await once(parts));
  } else {
    await daemon({ ...parts, haproxyEnds: () => endOf(settings, endedBy()) }, (running) => {
      onHup(() => void running.resync('SIGHUP'));
      onUsr1(() => {
        running.reload();
      });
    });
  }
}

type End = ReturnType<NonNullable<HaproxyEnd['haproxyEnds']>>;

/** A HAProxy that serves on is the default: the next daemon adopts it. SIGUSR2 ends it all the same. */
function endOf({ stopHaproxy, shutdownDelay, oldWorkerMaxAge }: Settings, by: NodeJS.Signals | undefined): End {
  return stopHaproxy || by === 'SIGUSR2' ? { delayMs: shutdownDelay * 1000, finishMs: oldWorkerMaxAge * 1000 } : undefined;
}

function holdsSecret({ authCredentials, dcosAuthCredentials, marathon }: Settings): boolean {
  return authCredentials !== undefined || dcosAuthCredentials !== undefined || marathon.some((url) => url.includes('@'));
}

/** Throws where the settings contradict each other. Both ports 0 is marathon-lb's way to give none: a range that ends before it begins has none. */
function withSense(settings: Settings): Settings {
  const { group, minServPort, maxServPort } = settings;
  if (group.length === 0)
    throw new UsageError("--group is missing: say which apps to take, as in --group external, or --group '*' for all");
  if ((minServPort === 0) !== (maxServPort === 0))
    throw new UsageError('--min-serv-port-ip-per-task and --max-serv-port-ip-per-task are both 0, for no such ports, or none of them is');
  if (minServPort > maxServPort)
    throw new UsageError(`--min-serv-port-ip-per-task ${minServPort} is above --max-serv-port-ip-per-task ${maxServPort}`);
  if (settings.haproxySocket !== undefined && settings.command === undefined)
    throw new UsageError('--haproxy-socket is of a HAProxy that --command reloads: give both, or neither');
  return minServPort === 0 ? { ...settings, minServPort: 1 } : settings;
}

/** To stdout; under --dry, where stdout is for the configuration, to stderr. */
function logOf({ logLevel: level, logFormat, dry: isDry }: Settings): Promise<Logger> {
  const stream = isDry ? process.stderr : process.stdout;
  const format = logFormat === 'python' ? 'text' : (logFormat ?? (stream.isTTY ? 'text' : 'json'));
  return makeLogger({ level, format, fd: stream.fd });
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
