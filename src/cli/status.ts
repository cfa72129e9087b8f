import { Command, Option } from 'commander';
import { askDaemon } from '../daemon/control.ts';
import { OPTIONS } from '../options/options.ts';
import { describeStatus, type Status } from '../daemon/status.ts';

interface StatusFlags {
  readonly runDir: string;
  readonly json: boolean;
}

const DEADLINE_MS = 10_000;

/**
 * Adds `marathon-lb-ts status` to the program: prints the status of the running daemon. Rejects with the reason when HAProxy does not serve what
 * Marathon says, or when no daemon runs.
 */
export function addStatus(program: Command): Command {
  const status = program
    .command('status')
    .description("print the running daemon's status; exit 0 when HAProxy serves what Marathon says, else 1 with the reason on stderr")
    .allowExcessArguments(false);
  status
    .addOption(new Option(OPTIONS.runDir.flags, "the daemon's --run-dir").default(OPTIONS.runDir.fallback))
    .addOption(new Option('--json', 'print one line of JSON').default(false))
    .action(() => show(status.opts()));
  return program;
}

async function show({ runDir, json }: StatusFlags): Promise<void> {
  const status = (await askDaemon({ runDir, ask: 'status', deadlineMs: DEADLINE_MS })) as unknown as Status;
  process.stdout.write(json ? `${JSON.stringify(status)}\n` : describeStatus(status));
  if (!status.ok) throw new Error(status.text);
}
