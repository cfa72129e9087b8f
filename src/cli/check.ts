import { Command, Option } from 'commander';
import type { AppCheck } from '../daemon/check-apps.ts';
import type { Checking } from '../daemon/own-folder.ts';
import { CHECK_FORMATS } from '../explain/check-formats.ts';
import { sentence } from '../lib/sentence.ts';
import { OPTIONS, type Settings } from '../options/options.ts';
import { addOptions, readSettings } from './commander-options.ts';
import { withSignals } from './signals.ts';
import { UsageError } from '../lib/usage-error.ts';

interface CheckFlags {
  readonly templates?: string;
  readonly print: boolean;
  readonly json: boolean;
  readonly format: keyof typeof CHECK_FORMATS;
}

/** Sections whose flags decide what is rendered, and flags of other sections that do as well. */
const SECTIONS: readonly string[] = ['Which apps', 'The configuration'];
const FLAGS: readonly string[] = [OPTIONS.haproxyBin.flags, OPTIONS.haproxyEnv.flags];

/** Adds `marathon-lb-ts check` to the program: what is wrong with app definitions, or with templates. Rejects where something is. */
export function addCheck(program: Command): Command {
  const check = program
    .command('check')
    .description("check app definitions before they are deployed, or an operator's templates; exit 0 when nothing is wrong, else 1")
    .argument('[files...]', 'JSON with an app, a list, a group, or {"apps": [...]}; - for stdin')
    .addOption(new Option('--templates <folder>', 'check the templates of this folder, with example apps'))
    .addOption(new Option('--print', 'print what would be rendered for the apps').default(false))
    .addOption(new Option('--format <format>', 'how the result is written').choices(Object.keys(CHECK_FORMATS)).default('text'))
    .addOption(new Option('--json', 'the same as --format json').default(false));
  addOptions(check, ({ section, flags }) => SECTIONS.includes(section) || FLAGS.includes(flags));
  check.action((files: readonly string[]) => run(files, check));
  return program;
}

async function run(files: readonly string[], command: Command): Promise<void> {
  const { templates, print, json, format }: CheckFlags = command.opts();
  if ((templates === undefined) === (files.length === 0))
    throw new UsageError('check wants files with app definitions, or --templates with a folder; see marathon-lb-ts check --help');
  if (print && !json && format !== 'text' && format !== 'json') throw new UsageError('--print goes with --format text and json');
  const { report, rendered } = await look(files, templates, withGroup(readSettings(command)));
  const written = CHECK_FORMATS[json ? 'json' : format];
  if (!print) process.stdout.write(written(report));
  else if (json || format === 'json') process.stdout.write(`${JSON.stringify({ ...report, rendered })}\n`);
  else process.stdout.write(`${rendered}\n${written(report)}`);
  const count = report.others.length + report.apps.reduce((sum, { problems }) => sum + problems.length, 0);
  if (!report.ok) throw new Error(count === 1 ? '1 problem was found' : `${count} problems were found`);
}

async function look(files: readonly string[], templates: string | undefined, settings: Settings): Promise<AppCheck> {
  const make = await prepare(files, templates).catch((error: unknown) => {
    throw new UsageError(sentence(error));
  });
  let made: AppCheck | undefined;
  await withSignals(async ({ signal }) => {
    made = await make({ settings, env: process.env, signal });
  });
  return made as unknown as AppCheck;
}

/** Reads what is to be checked; what can't be read is wrong use. */
async function prepare(files: readonly string[], templates: string | undefined): Promise<(run: Checking) => Promise<AppCheck>> {
  if (templates !== undefined) {
    const { checkTemplates, readTemplateNames } = await import('../daemon/check-templates.ts');
    const names = await readTemplateNames(templates);
    return (run) => checkTemplates(templates, names, run);
  }
  const { checkApps, readAppFiles } = await import('../daemon/check-apps.ts');
  const read = await readAppFiles(files);
  return (run) => checkApps(read, run);
}

/** An app team need not know the groups of the load balancers. */
function withGroup(settings: Settings): Settings {
  return settings.group.length > 0 ? settings : { ...settings, group: ['*'] };
}
