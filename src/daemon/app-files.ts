import { readFile } from 'node:fs/promises';
import { readDefinitions, type Definitions } from '../explain/definitions.ts';
import { inTime } from '../lib/deadline.ts';
import { sentence } from '../lib/sentence.ts';
import type { News } from '../model/news.ts';
import { decodeApp } from '../snapshot/decode.ts';

/** How long reading a file may take. */
const READ_MS = 30_000;

/** The app definitions of a file, or of stdin for `-`. Rejects with a sentence when it can't be read or is not JSON. */
export async function readAppFile(file: string): Promise<Definitions> {
  const text =
    file === '-' ? await readStdin() : await inTime(readFile(file, 'utf8'), { ms: READ_MS, what: `reading ${file}` }).catch(notRead(file));
  try {
    return readDefinitions(JSON.parse(text));
  } catch (error) {
    throw new Error(`${file === '-' ? 'stdin' : file} is not JSON: ${sentence(error)}`, { cause: undefined });
  }
}

function notRead(file: string): (error: unknown) => never {
  return (error) => {
    throw new Error(`${file} can't be read: ${sentence(error)}`, { cause: undefined });
  };
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** App definitions as a full read of Marathon tells them. */
export function newsOf(apps: Definitions['apps']): News {
  const decoded = apps.map((app) => decodeApp(JSON.stringify(app)));
  return {
    kind: 'apps',
    at: 0,
    sentAt: 0,
    apps: decoded.flatMap((one) => ('app' in one ? [one.app] : [])),
    problems: decoded.flatMap((one) => ('problem' in one ? [one.problem] : [])),
  };
}
