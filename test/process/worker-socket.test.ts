import { expect, test } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeWorkerConfig } from '../../src/process/worker-socket.ts';

async function written(
  name: string,
  exposes = false,
): Promise<{ readonly text: string; readonly files: readonly string[]; readonly told: readonly unknown[] }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'worker-'));
  const told: unknown[] = [];
  const workerConfig = path.join(folder, 'haproxy.cfg.worker');
  try {
    await writeWorkerConfig({
      workerPath: path.join(folder, name),
      workerConfig,
      exposes,
      log: { warn: (facts: unknown) => told.push(facts) } as never,
    });
    return { text: (await readFile(workerConfig, 'utf8')).replaceAll(folder, ''), files: await readdir(folder), told };
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('the worker gets a socket that only its owner may use; nothing is left of the trial', async () => {
  const { text, files, told } = await written('a b.sock');
  expect(text).toBe('global\n  stats socket /a\\ b.sock mode 600 level admin\n');
  expect(files).toEqual(['haproxy.cfg.worker']);
  expect(told).toEqual([]);
});

test.each([
  ['missing/x.sock', expect.stringContaining('missing/x.sock')],
  [`${'x'.repeat(90)}.sock`, 'its path is longer than 92 bytes'],
])('where no socket can be made, HAProxy starts without one, and that is told: %s', async (name, reason) => {
  const { text, told } = await written(name);
  expect(text).toBe('# no socket\n');
  expect(told).toEqual([expect.objectContaining({ reason })]);
});

test('the worker hands over its listening sockets only where a second process holds them', async () => {
  const { text } = await written('a.sock', true);
  expect(text).toBe('global\n  stats socket /a.sock mode 600 level admin expose-fd listeners\n');
});
