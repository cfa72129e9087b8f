import { readFile } from 'node:fs/promises';

/** One instruction of a Dockerfile: `RUN` and what stands behind it, on one line. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** A part of a Dockerfile that begins with FROM. */
export interface Stage {
  readonly base: string;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** The stages of a Dockerfile, with the default values of its ARGs in place of `${NAME}`. */
export async function readStages(file: string): Promise<readonly Stage[]> {
  const lines = (await readFile(file, 'utf8')).replace(/^\s*#.*\n/gm, '').replace(/\\\n/g, ' ');
  const values = new Map<string, string>();
  const stages: { base: string; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of lines.split('\n').filter((one) => one.trim() !== '')) {
    const [, name = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line.trim()) ?? [];
    const text = name === 'RUN' ? rest : rest.replace(/\$\{(\w+)\}/g, (_, variable: string) => values.get(variable) ?? '');
    if (name === 'ARG') {
      const [variable = '', value = ''] = text.split('=');
      values.set(variable, value);
    } else if (name === 'FROM') {
      const [base = '', , as] = text.split(/\s+/);
      stages.push({ base, name: as, instructions: [] });
    } else stages.at(-1)?.instructions.push({ name, text });
  }
  return stages;
}

/** The words of ENTRYPOINT or CMD in a stage: those of the last such instruction, which is in JSON. */
export function wordsOf({ instructions }: Stage, name: 'ENTRYPOINT' | 'CMD'): readonly string[] {
  const text = instructions.findLast((one) => one.name === name)?.text;
  return text === undefined ? [] : (JSON.parse(text) as readonly string[]);
}
