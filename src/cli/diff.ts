import { Command, Option } from 'commander';
import type { DiffReport } from '../explain/diff.ts';
import { describeDiff } from '../explain/diff-words.ts';
import { makeLogger } from '../lib/logger.ts';
import { sentence } from '../lib/sentence.ts';
import { OPTIONS, type Settings } from '../options/options.ts';
import { addDaemonOptions, readSettings } from './commander-options.ts';
import { withSignals } from './signals.ts';
import { UsageError } from '../lib/usage-error.ts';

interface DiffFlags {
  readonly config?: string;
  readonly json: boolean;
}

/** Sections whose flags decide what is rendered, and flags of other sections that do as well. */
const SECTIONS: readonly string[] = ['Marathon', 'Which apps', 'The configuration'];
const FLAGS: readonly string[] = [OPTIONS.haproxyBin.flags, OPTIONS.haproxyEnv.flags, OPTIONS.command.flags, OPTIONS.runDir.flags];

/** Adds `marathon-lb-ts diff` to the program: what would change now. It rejects when anything would change. */
export function addDiff(program: Command): Command {
  const diff = program
    .command('diff')
    .description(
      "say what would change now against HAProxy's file, or another one; exit 0 when nothing would, 1 when something would, 2 for wrong use",
    )
    .allowExcessArguments(false)
    .addOption(new Option('--config <file>', "compare with this file, such as marathon-lb's own haproxy.cfg, instead of --haproxy-config"))
    .addOption(new Option('--json', 'print JSON').default(false));
  addDaemonOptions(diff, ({ section, flags }) => SECTIONS.includes(section) || FLAGS.includes(flags));
  diff.action(() => run(diff));
  return program;
}

async function run(command: Command): Promise<void> {
  const { config, json }: DiffFlags = command.opts();
  const settings = readSettings(command);
  if (settings.group.length === 0)
    throw new UsageError('--group is missing: give diff the flags of the load balancer, as in --group external');
  const report = await compareNow(settings, config);
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : describeDiff(report));
  if (!report.same)
    throw new Error(`what would be rendered now differs from ${config ?? settings.haproxyConfig}: the differences are on standard output`);
}

async function compareNow(settings: Settings, config: string | undefined): Promise<DiffReport> {
  const { compare } = await import('../daemon/compare.ts');
  const log = await makeLogger({ level: 'warn', format: 'text', fd: process.stderr.fd });
  let report: DiffReport | undefined;
  await withSignals(async ({ signal }) => {
    report = await compare({ settings: { ...settings, dry: true }, env: process.env, log, signal }, config).catch((error: unknown) => {
      throw new UsageError(sentence(error)); // 1 is kept for a difference
    });
  });
  return report as unknown as DiffReport;
}
