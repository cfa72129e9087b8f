/**
 * One fault after the other, while requests go on and Marathon changes: whether a request failed, and how long after the end of the fault
 * HAProxy and its file were as Marathon says.
 *
 *   npm run bench:chaos                every fault, 5 s each
 *   npm run bench:chaos -- 10 socket   10 s each, and only those with this word
 */
import { FAULTS } from '../e2e/chaos/faults.ts';
import { openEstate, type Estate } from '../e2e/chaos/estate.ts';
import { tryFault, type Fault, type Outcome } from '../e2e/chaos/trial.ts';
import { needBuild } from '../e2e/command.ts';
import { endAll } from '../e2e/ends.ts';
import { needHaproxy, type Ends } from '../e2e/fixtures/stage.ts';

/** What takes longer may have left something behind. */
const SOON_MS = 10_000;

type Row = Readonly<Record<string, string>>;

function rowOf({ isFatal, isMoment }: Fault, outcome: Outcome): Row {
  const { what, lastedMs, requests, failures, failedForMs, failuresAfter, inSyncMs, reloads } = outcome;
  const counts = [...Object.entries(failures), ...Object.entries(failuresAfter).map(([status, count]) => [`${status} later`, count])];
  const failed = counts.length === 0 ? '0' : counts.map(([status = '', count = 0]) => `${count} × ${status}`).join(', ');
  return {
    fault: what,
    'lasted (s)': isMoment ? 'a moment' : (lastedMs / 1000).toFixed(1),
    requests: String(requests),
    failed: isFatal ? `${failed}: HAProxy was gone for ${(failedForMs / 1000).toFixed(1)} s` : failed,
    'in sync after (s)': inSyncMs === undefined ? 'not within 20' : (inSyncMs / 1000).toFixed(1),
    reloads: String(reloads),
  };
}

async function tryAll(faults: readonly Fault[], lastsMs: number): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const ends: Ends = [];
  let estate: Estate | undefined;
  try {
    for (const fault of faults) {
      estate ??= await openEstate({ ends, mount: true });
      if (fault.needsMounts && !estate.mounts) {
        rows.push({ fault: `${fault.what}: not made, a file system can't be mounted here` });
        continue;
      }
      const outcome = await tryFault(estate, fault, lastsMs);
      rows.push(rowOf(fault, outcome));
      process.stdout.write(`${Object.values(rows.at(-1) ?? {}).join(' | ')}\n`);
      if ((outcome.inSyncMs ?? Infinity) <= SOON_MS) continue;
      estate = undefined; // the next fault is not to suffer from this one
      await endAll(ends);
    }
  } finally {
    await endAll(ends);
  }
  return rows;
}

/** As it stands in docs/chaos.md. */
function markdownOf(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {});
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [names, names.map(() => '---'), ...rows.map((row) => names.map((name) => row[name] ?? ''))].map(line).join('');
}

await needHaproxy();
needBuild();
const [seconds = '5', word = ''] = process.argv.slice(2);
const rows = await tryAll(
  FAULTS.filter(({ what }) => what.includes(word)),
  Number(seconds) * 1_000,
);
process.stdout.write(`\n${markdownOf(rows)}`);
