import { fileUse, type NamedFile } from '../model/certificates.ts';
import type { Problem } from '../model/problem.ts';
import { certificateProblems, copiesIn, effectOf } from './choose.ts';
import { settleWithCopy, type KnownCopies, type Settled } from './copies.ts';
import { isDefaultFile } from './given-as-text.ts';
import { shelvesOf, type FileVerdict } from './judge.ts';
import type { PemRefusals } from './refusals.ts';

interface ShownFiles {
  readonly stateDir: string;
  /** Those of the shared https frontend. */
  readonly shared: readonly string[];
  /** What HAProxy has refused. */
  readonly refusals?: PemRefusals;
  /** The copies that are as they should be. */
  readonly known?: KnownCopies;
  /** The file that the verdict is about, when a certificate given as text could not be written where the label expects it. */
  readonly at?: string | undefined;
}

/**
 * What the app whose label names this file is told, and which path is written behind the keyword. `name` is made by `fileName`. A label with the path
 * of marathon-lb's own default certificate means the load balancer's: if there is no such file, the port gets those of the shared https frontend.
 */
export async function nameFile(
  name: string,
  verdict: FileVerdict,
  { stateDir, shared, at = name, ...keeping }: ShownFiles,
): Promise<NamedFile> {
  const settled = await settleWithCopy(at, verdict, { folder: copiesIn(stateDir), ...keeping });
  const { serves, fingerprint, loads } = settled;
  const { keyword, path } = fileUse(name);
  if (keyword !== 'crt') return { file: name, serves, fingerprint, faults: faultsOfFile(name, settled) };
  if (serves.length === 0 && isDefaultFile(path)) {
    const effect = `${shared.join(', ')} of the shared https frontend ${shared.length > 1 ? 'are' : 'is'} used instead`;
    const problems = certificateProblems({ file: path, verdict: settled, effect });
    return { file: name, serves: shared, fingerprint: undefined, faults: faultsIn(problems) };
  }
  const effect =
    serves.length === 0
      ? 'the port is not bound, and its virtual hosts have a certificate of the shared https frontend'
      : effectOf(settled);
  const problems = certificateProblems({ file: path, verdict: settled, ...(effect !== undefined && { effect }) });
  return { file: name, serves, fingerprint, ...(loads && { shelves: shelvesOf(serves, loads) }), faults: faultsIn(problems) };
}

function faultsOfFile(name: string, settled: Settled): NamedFile['faults'] {
  const { keyword } = fileUse(name);
  const behind = keyword === 'file' || keyword === 'page' ? '' : ` behind ${keyword}`;
  const without = keyword === 'page' ? 'HAProxy answers with its own page' : 'no bind and no template that names it is used';
  const effect = effectOf(settled) ?? without;
  return settled.faults.map(({ file, found, wanted: hint }) => ({ message: `the file ${file}${behind} ${found}, so ${effect}`, hint }));
}

function faultsIn(problems: readonly Problem[]): NamedFile['faults'] {
  return problems.map(({ message, hint }) => ({ message, hint }));
}
