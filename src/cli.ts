import { Command, CommanderError, Option } from 'commander';
import { readFileSync } from 'node:fs';
import { addDemo } from './demo-command.ts';
import { gather } from './lib/gather.ts';
import { makeLogger, type Logger } from './lib/logger.ts';
import { sentence } from './lib/sentence.ts';
import { daemon, dry, once } from './main.ts';
import { makeReference } from './reference.ts';
import { OPTIONS, type OptionRow, type Settings } from './options.ts';
import { withSignals } from './signals.ts';

/** What is wrong with the words on the command line: exit code 2. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Runs the command; gives its exit code: 0, 2 for wrong usage, 1 for all else that failed, with a sentence on stderr. */
export async function main(words: readonly string[]): Promise<number> {
  process.stdout.on('error', leaveWithReader);
  try {
    await makeProgram().parseAsync(withoutFirstWord(words), { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has said why
    process.stderr.write(`marathon-lb-ts: ${sentence(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** Whoever read our output has seen enough (`--dry | head`). */
function leaveWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
}

function makeProgram(): Command {
  const program = new Command('marathon-lb-ts')
    .description('Follows Mesosphere Marathon and keeps HAProxy in step: a drop-in for marathon-lb 1.15.')
    .usage('[options]\n       marathon-lb-ts demo [options]\n       marathon-lb-ts labels')
    .version(version(), '--version')
    .exitOverride()
    .enablePositionalOptions()
    .showHelpAfterError('(marathon-lb-ts --help lists the flags)')
    .helpOption('--help', 'this text')
    .allowExcessArguments(false)
    .addHelpText('after', SIGNALS);
  for (const row of Object.values(OPTIONS)) program.addOption(makeOption(row as OptionRow<unknown>));
  program.action(() => run(readSettings(program)));
  program
    .command('labels')
    .description('prints the reference of labels and templates')
    .action(() => {
      process.stdout.write(makeReference());
    });
  return addDemo(program);
}

const SIGNALS = `
Signals: HUP reads everything again, USR1 reloads HAProxy with the file as it is, TERM and INT end the daemon; HAProxy serves on.
`;

/** marathon-lb's image takes `sse` or `poll` as its first word; following the stream is the default here. */
function withoutFirstWord([first, ...rest]: readonly string[]): readonly string[] {
  if (first === 'sse') return rest;
  if (first === '--longhelp') return ['labels'];
  if (first === 'poll') return ['--poll', process.env['POLL_INTERVAL'] ?? '60', ...rest];
  return first === undefined ? [] : [first, ...rest];
}

function makeOption({ flags, help, section, env, read, fallback }: OptionRow<unknown>): Option {
  const option = new Option(flags, help).helpGroup(`${section}:`);
  if (env !== undefined) option.env(env);
  if (read !== undefined) option.argParser(read);
  const isEmpty = fallback === undefined || typeof fallback === 'boolean' || (Array.isArray(fallback) && fallback.length === 0);
  if (!isEmpty) option.default(fallback, Array.isArray(fallback) ? fallback.join(',') : undefined);
  return option;
}

/** Commander gives `false` for a `--no-…` under the flag's own name. */
function readSettings(program: Command): Settings {
  const given: Readonly<Record<string, unknown>> = program.opts();
  return Object.fromEntries(
    Object.entries(OPTIONS).map(([name, { flags, fallback }]) => [name, given[nameOf(flags)] ?? fallback]),
  ) as unknown as Settings;
}

function nameOf(flags: string): string {
  return new Option(flags).attributeName();
}

async function run(settings: Settings): Promise<void> {
  requireSense(settings);
  if (holdsSecret(settings)) process.title = 'marathon-lb-ts'; // the process list shows no credentials
  await withSignals(async ({ signal, onHup, onUsr1 }) => {
    const log = await logOf(settings);
    for (const { flags, help } of obsoleteFlags(settings)) log.info({ flag: flags, because: help }, 'a flag has no effect any more');
    const parts = { settings, env: process.env, signal, log, endsHaproxy: false };
    if (settings.dry) {
      for (const piece of gather(await dry(parts))) process.stdout.write(piece);
    } else if (settings.once) {
      parts.log.info({}, await once(parts));
    } else {
      await daemon(parts, (running) => {
        onHup(() => void running.resync('SIGHUP'));
        onUsr1(() => {
          running.reload();
        });
      });
    }
  });
}

function obsoleteFlags(settings: Settings): readonly OptionRow<unknown>[] {
  const rows = Object.entries(OPTIONS) as [keyof Settings, OptionRow<unknown>][];
  return rows
    .filter(([name, { section, fallback }]) => section.startsWith('Of marathon-lb') && settings[name] !== fallback)
    .map(([, row]) => row);
}

function holdsSecret({ authCredentials, dcosAuthCredentials, marathon }: Settings): boolean {
  return authCredentials !== undefined || dcosAuthCredentials !== undefined || marathon.some((url) => url.includes('@'));
}

function requireSense(settings: Settings): void {
  const { group, minServPort, maxServPort } = settings;
  if (group.length === 0)
    throw new UsageError("--group is missing: say which apps to take, as in --group external, or --group '*' for all");
  if (minServPort > maxServPort)
    throw new UsageError(`--min-serv-port-ip-per-task ${minServPort} is above --max-serv-port-ip-per-task ${maxServPort}`);
}

/** To stdout; under --dry, where stdout is for the configuration, to stderr. */
function logOf({ logLevel: level, logFormat, dry: isDry }: Settings): Promise<Logger> {
  const stream = isDry ? process.stderr : process.stdout;
  return makeLogger({ level, format: logFormat ?? (stream.isTTY ? 'text' : 'json'), fd: stream.fd });
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
