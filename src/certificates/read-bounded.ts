import { constants } from 'node:fs';
import { open, opendir, stat } from 'node:fs/promises';

/**
 * The bytes of a regular file, or of the one that a link leads to. A pipe has no end, a device may have none either and may act when it is
 * opened: neither is opened. Rejects with a sentence for these, for a file with more bytes than this, and where it can't be read.
 */
export async function readBounded(file: string, mostBytes: number): Promise<Buffer> {
  requireFile(await stat(file));
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const known = await handle.stat();
    requireFile(known); // a different file may have been put in its place since
    if (known.size > mostBytes)
      throw new Error(`it has more than ${mostBytes < 1_000_000 ? `${mostBytes} bytes` : `${mostBytes / 1_000_000} MB`}`);
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(known.size + 1), position: 0 });
    if (bytesRead > known.size) throw new Error('it grows while it is read');
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

type Kind = Readonly<Record<'isFile' | 'isFIFO' | 'isSocket' | 'isDirectory', () => boolean>>;

function requireFile(entry: Kind): void {
  if (entry.isFile()) return;
  const [kind = 'a device'] = [
    ...(entry.isFIFO() ? ['a pipe'] : []),
    ...(entry.isSocket() ? ['a socket'] : []),
    ...(entry.isDirectory() ? ['a folder'] : []),
  ];
  throw new Error(`it is ${kind}, and no regular file`);
}

/** The names in a folder, in order. Rejects with a sentence when there are more than `most`, of which no more are read. */
export async function namesIn(folder: string, most: number): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of await opendir(folder, { bufferSize: 1_000 })) {
    names.push(name);
    if (names.length > most) throw new Error(`the folder has more than ${most} files`);
  }
  return names.sort();
}

/** Why a file can't be read, without its name: it may stand in a file that is not to be shown. */
export function whyUnread(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  return code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'this user may not read it' : `the system says ${code}`;
}
