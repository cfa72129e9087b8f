import type { Command, MapFile } from '../model/document.ts';

/** Commands that are sent together, or one that replaces a map by these rows. */
interface Run {
  readonly texts: string[];
  readonly rows: MapFile | undefined;
  readonly certificate: Command['certificate'];
}

/** Cuts commands into runs. The commands of a run are sent together. */
export function inRuns(commands: readonly Command[]): readonly Run[] {
  const runs: Run[] = [];
  for (const { text, rows, certificate } of commands) {
    const last = runs.at(-1);
    const isAlone = [rows, certificate, last?.rows, last?.certificate].some((one) => one !== undefined);
    if (last === undefined || isAlone) runs.push({ texts: [text], rows, certificate });
    else last.texts.push(text);
  }
  return runs;
}
