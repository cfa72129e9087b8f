import { Command, Option } from 'commander';
import { askDaemon } from '../daemon/control.ts';
import { OPTIONS } from '../options/options.ts';
import { describeStatus, type Status } from '../daemon/status.ts';

interface StatusFlags {
  readonly runDir: string;
  readonly json: boolean;
}

const DEADLINE_MS = 10_000;

/** Adds `marathon-lb-ts status` to the program: prints what a daemon knows of itself; rejects with why it is not in step, or that none runs. */
export function addStatus(program: Command): Command {
  const status = program
    .command('status')
    .description('whether the daemon of a run folder is in step: exit 0, else 1 with the reason on stderr')
    .allowExcessArguments(false);
  status
    .addOption(new Option(OPTIONS.runDir.flags, "the daemon's").default(OPTIONS.runDir.fallback))
    .addOption(new Option('--json', 'one line of JSON').default(false))
    .action(() => show(status.opts()));
  return program;
}

async function show({ runDir, json }: StatusFlags): Promise<void> {
  const status = (await askDaemon({ runDir, ask: 'status', deadlineMs: DEADLINE_MS })) as unknown as Status;
  process.stdout.write(json ? `${JSON.stringify(status)}\n` : describeStatus(status));
  if (!status.ok) throw new Error(status.text);
}
