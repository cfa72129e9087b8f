import { Command, Option } from 'commander';
import type { WordAnswer } from '../explain/explain.ts';
import { readQuestion } from '../explain/question.ts';
import { describe } from '../explain/words.ts';
import { makeLogger } from '../lib/logger.ts';
import { sentence } from '../lib/sentence.ts';
import type { News } from '../model/news.ts';
import type { RunInputs } from '../daemon/surroundings.ts';
import { OPTIONS, type Settings } from '../options/options.ts';
import { addDaemonOptions, isGiven, readSettings } from './commander-options.ts';
import { withSignals } from './signals.ts';
import { UsageError } from '../lib/usage-error.ts';

interface ExplainFlags {
  readonly file?: string;
  readonly json: boolean;
}

/** The flags of `marathon-lb-ts explain`: all flags of the sections that decide what is rendered, and two flags of other sections. */
const SECTIONS: readonly string[] = ['Marathon', 'Which apps', 'The configuration'];
const FLAGS: readonly string[] = [OPTIONS.runDir.flags, OPTIONS.haproxyBin.flags];

const DEADLINE_MS = 30_000;

/** Adds `marathon-lb-ts explain` to the program: it says why an app, host or port is served or not. Rejects with one line when it is not served. */
export function addExplain(program: Command): Command {
  const explain = program
    .command('explain')
    .description(
      'say why an app (/shop), a virtual host (shop.acme.org/cart) or a port (:10004) is served or not; exit 0 when it is served, else 1',
    )
    .argument('<what>', '/shop, shop.acme.org, shop.acme.org/cart or :10004')
    .allowExcessArguments(false)
    .addOption(new Option('--file <file>', 'ask what apps in a file would give (JSON of Marathon, - for stdin), instead of the daemon'))
    .addOption(new Option('--json', 'print JSON').default(false))
    .addHelpText('after', WHO);
  addDaemonOptions(explain, ({ section, flags }) => SECTIONS.includes(section) || FLAGS.includes(flags));
  explain.action((what: string) => run(what, explain));
  return program;
}

const WHO = `
It asks the daemon of --run-dir. With --marathon it reads Marathon itself, and with --file a file; then give it the flags of the daemon as well,
such as --group. Without --group it takes every app.
`;

async function run(what: string, command: Command): Promise<void> {
  const { file, json }: ExplainFlags = command.opts();
  const settings = withGroup(readSettings(command));
  orUsage(() => readQuestion(what));
  const isHere = file !== undefined || isGiven(command, 'marathon');
  const { aside, ...answer } = isHere ? await here(what, settings, file) : await ofDaemon(what, settings);
  if (json) process.stdout.write(`${JSON.stringify(answer.explanation)}\n`);
  else if (answer.explanation !== null) process.stdout.write(describe(answer.explanation));
  if (aside !== undefined && !json) process.stdout.write(`\n${aside}\n`);
  if (!answer.served) throw new Error(answer.text);
}

interface Told extends WordAnswer {
  /** What else is to be said, in a sentence: why HAProxy does not run what it should, or that none was asked. */
  readonly aside?: string | undefined;
}

/** How a daemon that runs answers a question (`/v1/explain`). */
type OfDaemon = WordAnswer & { readonly lack: string | null };

async function ofDaemon(about: string, { runDir }: Settings): Promise<Told> {
  const { askAdmin } = await import('../daemon/ask-admin.ts');
  const { status, body } = await askAdmin(`/v1/explain?${String(new URLSearchParams({ about }))}`, { runDir, deadlineMs: DEADLINE_MS });
  if (status !== 200) throw new Error((body as { readonly error?: string }).error ?? `the daemon of ${runDir} answered ${status}`);
  const { lack, ...answer } = body as OfDaemon;
  return { ...answer, aside: lack === null ? undefined : `this is what HAProxy should run, but ${lack}` };
}

async function here(what: string, settings: Settings, file: string | undefined): Promise<Told> {
  const { answerTo } = await import('../explain/explain.ts');
  const { makeLookup } = await import('../explain/view-lookup.ts');
  const { servedNow } = await import('../daemon/served-now.ts');
  const { makeSiftedView } = await import('../daemon/sifted-view.ts');
  const given = { settings: { ...settings, dry: true }, env: process.env }; // under --dry HAProxy does not have to be installed
  let told: Told | undefined;
  await withSignals(async ({ signal }) => {
    const news = await newsFrom({ ...given, signal }, file);
    const { view, looked } = await makeSiftedView(news, { ...given, signal });
    const { maps, aside } = file === undefined ? await servedNow(settings) : { maps: {} };
    const unseen = looked.looked ? undefined : `whether HAProxy takes it was not looked at: ${looked.why}`;
    const asides = [unseen, aside].filter((one) => one !== undefined);
    told = {
      ...answerTo(
        makeLookup(view, () => ({ maps })),
        what,
      ),
      aside: asides.length === 0 ? undefined : asides.join('\n'),
    };
  });
  return told as unknown as Told;
}

async function newsFrom(run: Omit<RunInputs, 'log'>, file: string | undefined): Promise<readonly News[]> {
  if (file !== undefined) {
    const { newsOf, readAppFile } = await import('../daemon/app-files.ts');
    const { apps, pods } = await readAppFile(file).catch(usage);
    return [newsOf([...apps, ...pods])];
  }
  const { readNews } = await import('../daemon/read-view.ts');
  return readNews({ ...run, log: await makeLogger({ level: 'warn', format: 'text', fd: process.stderr.fd }) });
}

/** Takes all groups when --group is not given, because a person who only asks need not know the groups. */
function withGroup(settings: Settings): Settings {
  return settings.group.length > 0 ? settings : { ...settings, group: ['*'] };
}

function orUsage(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    usage(error);
  }
}

function usage(error: unknown): never {
  throw new UsageError(sentence(error));
}
