import { Command } from 'commander';
import { closest, distance } from 'fastest-levenshtein';
import { addDemo } from './demo.ts';
import { addDns } from './dns.ts';
import { cutText } from '../lib/cut.ts';
import { hideSecrets } from '../lib/secrets.ts';
import { gather } from '../lib/gather.ts';
import { makeLogger, type Logger } from '../lib/logger.ts';
import { packageVersion } from '../lib/package-version.ts';
import type { HaproxyEnd } from '../daemon/connect.ts';
import { untilUnexpected } from './exit.ts';
import { makeFlagReference } from './flag-reference.ts';
import { makeReference } from './reference.ts';
import { readNotes } from './old-words.ts';
import type { Settings } from '../options/options.ts';
import { addOptions, readSettings } from './commander-options.ts';
import { checkedSettings } from './check-settings.ts';
import { withSignals, type Signals } from './signals.ts';
import { addStatus } from './status.ts';
import { UsageError } from '../lib/usage-error.ts';
import { addExplain } from './explain.ts';
import { addCheck } from './check.ts';
import { addCompletion } from './completion.ts';
import { addDeploy } from './deploy.ts';
import { addDiff } from './diff.ts';
import { addZdd } from './zdd.ts';

/**
 * Parses the command line and runs the command. Without a command (`labels`, `dns`, `demo`, `status`), `act` gets the settings. Rejects with a
 * UsageError or a CommanderError when the command line is wrong.
 */
export async function parseWords(words: readonly string[], act: (settings: Settings) => Promise<void>): Promise<void> {
  const program = makeProgram(act);
  const read = readWords(words, process.env);
  refuseUnknownCommand(program, read[0]);
  await program.parseAsync(read, { from: 'user' });
}

/** Throws a UsageError when the first word is neither a flag nor a command, with the nearest command if there is one. */
function refuseUnknownCommand(program: Command, word = '-'): void {
  const commands = program.commands.map((command) => command.name());
  if (word.startsWith('-') || commands.includes(word)) return;
  const nearest = closest(word, [...commands, 'sse', 'poll']);
  const hint = distance(word, nearest) <= 3 ? `did you mean ${nearest}?` : `marathon-lb-ts --help lists the commands`;
  throw new UsageError(`there is no command '${cutText(word)}': ${hint}`);
}

function makeProgram(act: (settings: Settings) => Promise<void>): Command {
  const program = new Command('marathon-lb-ts')
    .description('Follows Mesosphere Marathon and keeps HAProxy in step: a drop-in for marathon-lb 1.15.')
    .usage(
      '[options]\n       marathon-lb-ts dns [options]\n       marathon-lb-ts demo [options]\n       marathon-lb-ts status [options]\n       marathon-lb-ts explain <app|host|:port> [options]\n       marathon-lb-ts check <file...> [options]\n       marathon-lb-ts diff [options]\n       marathon-lb-ts deploy start|status|promote|abort|pause|resume [options]\n       marathon-lb-ts zdd [options]\n       marathon-lb-ts labels\n       marathon-lb-ts flags\n       marathon-lb-ts completion bash|zsh|fish',
    )
    .version(packageVersion(), '--version', 'print the version')
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => {
        write(withoutCredentials(text));
      },
    })
    .enablePositionalOptions()
    .showHelpAfterError('(marathon-lb-ts --help lists all flags)')
    .helpOption('-h, --help', 'show this help')
    .allowExcessArguments(false)
    .addHelpText('after', SIGNALS);
  addOptions(program);
  program.action(() => act(checkedSettings(readSettings(program))));
  program
    .command('labels')
    .description('print the reference of all labels and templates')
    .action(() => {
      process.stdout.write(makeReference());
    });
  program
    .command('flags')
    .description('print the reference of all flags')
    .action(() => {
      process.stdout.write(makeFlagReference());
    });
  addCompletion(addDeploy(addZdd(addDiff(addCheck(addExplain(addDemo(addStatus(addDns(program, runDns)))))))));
  for (const command of program.commands) command.showHelpAfterError(`(marathon-lb-ts ${command.name()} --help lists all of its flags)`);
  return program;
}

/** A refused argument may be an address with a user and a password. */
function withoutCredentials(text: string): string {
  return hideSecrets(text.split("'").map(withoutUser).join("'"));
}

/** What stands between the scheme and the last @ is a user, perhaps with a password. */
function withoutUser(word: string): string {
  const [at, scheme] = [word.lastIndexOf('@'), word.indexOf('//')];
  if (at < 0) return word;
  return `${scheme < 0 || scheme > at ? '' : word.slice(0, scheme + 2)}***${word.slice(at)}`;
}

const SIGNALS = `
Signals: HUP reads everything from Marathon again. USR1 reloads HAProxy with the file as it is. TERM and INT end the daemon, and HAProxy keeps
serving unless --stop-haproxy is given. USR2 ends the daemon and HAProxy. A second TERM, INT or USR2 ends the daemon at once.
`;

/**
 * Translates the words of marathon-lb's image. Its first word may be `sse` (follow the event stream, the default here) or `poll` (read every
 * POLL_INTERVAL, 60 s if that is not set); `--longhelp` prints the reference of labels.
 */
function readWords([first, ...rest]: readonly string[], { POLL_INTERVAL: interval = '' }: NodeJS.ProcessEnv): readonly string[] {
  if (first === '--longhelp' || rest.includes('--longhelp')) return ['labels'];
  if (first === 'help') return ['--help'];
  if (first === 'sse') return rest;
  if (first === 'poll') return ['--poll', interval === '' ? '60' : interval, ...rest];
  return first === undefined ? [] : [first, ...rest];
}

/** Runs `marathon-lb-ts dns`: DNS alone, without HAProxy. */
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
  if (holdsSecret(settings)) process.title = 'marathon-lb-ts'; // so that `ps` does not show the credentials of the command line
  const log = await logOf(settings);
  await untilUnexpected(log, () => withSignals((signals) => work(signals, log)));
}

/** Runs the load balancer: prints the configuration under --dry, makes one pass under --once, else runs until a signal ends it. */
export async function run(settings: Settings): Promise<void> {
  await withLog(settings, (signals, log) => balance(settings, { ...signals, log }));
}

async function balance(settings: Settings, { signal, endedBy, onHup, onUsr1, log }: Signals & { readonly log: Logger }): Promise<void> {
  for (const { word, because } of readNotes(settings, process.env))
    log.info({ word, because }, 'this flag or variable of marathon-lb has no effect here, or a different one');
  const parts = { settings, env: process.env, signal, log };
  if (settings.dry) {
    const { dry } = await import('../daemon/dry.ts'); // imported here so that a short run from cron loads only what it needs
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

/** How HAProxy is to end with the daemon. Undefined, the default, leaves it running for the next daemon to adopt; SIGUSR2 always ends it. */
function endOf({ stopHaproxy, shutdownDelay, oldWorkerMaxAge }: Settings, by: NodeJS.Signals | undefined): End {
  return stopHaproxy || by === 'SIGUSR2' ? { delayMs: shutdownDelay * 1000, finishMs: oldWorkerMaxAge * 1000 } : undefined;
}

function holdsSecret({ authCredentials, dcosAuthCredentials, marathon }: Settings): boolean {
  return authCredentials !== undefined || dcosAuthCredentials !== undefined || marathon.some((url) => url.includes('@'));
}

/** Logs to stdout, or under --dry, which prints the configuration to stdout, to stderr. */
function logOf({ logLevel: level, logFormat, dry: isDry }: Settings): Promise<Logger> {
  const stream = isDry ? process.stderr : process.stdout;
  const format = logFormat === 'python' ? 'text' : (logFormat ?? (stream.isTTY ? 'text' : 'json'));
  return makeLogger({ level, format, fd: stream.fd });
}
