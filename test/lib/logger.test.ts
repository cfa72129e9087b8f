import { expect, test } from '@jest/globals';
import { makeLogger } from '../../src/lib/logger.ts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

test.each(['json', 'text'])(
  'a full pipe that nobody reads stops nobody who logs, and the lines lost are counted (%s)',
  async (format) => {
    const words = ['--import', './test/e2e/fixtures/typescript.js', './test/lib/fixtures/chatter.ts', format];
    const child = spawn(process.execPath, words, { stdio: 'pipe' });
    const ended = once(child, 'exit');
    try {
      expect(String(await once(child.stderr, 'data'))).toBe('still alive\n'); // and nothing was read of stdout
      const log: string[] = [];
      let isAsked = false; // for the last line; after it the child has ended, and reads no more
      child.stdout.setEncoding('utf8').on('data', (some: string) => {
        log.push(some);
        if (isAsked || !log.join('').includes('were dropped')) return;
        isAsked = true;
        child.stdin.write('\n');
      });
      await once(child.stdout, 'end');
      const lines = log.join('').trim().split('\n');
      expect(lines[0]).toContain('a line');
      expect(lines.at(-2)).toMatch(/log lines were dropped.*|"lines":\d+/);
      expect(lines.at(-1)).toContain('the last line');
      expect(await ended).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
    }
  },
  60_000,
);

test('what a log says is cut, and its secrets are hidden', async () => {
  const script = `
    import { makeLogger } from './src/lib/logger.ts';
    const log = await makeLogger({ level: 'info', format: 'json', fd: 1 });
    log.info({ label: 'x'.repeat(9000), line: 'user bob password hunter2', list: ['bob:$6$ab$cdef'] }, 'ssl crt /etc/a.pem');`;
  const words = ['--import', './test/e2e/fixtures/typescript.js', '--input-type=module', '-e', script];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = JSON.parse(await text(child.stdout)) as Record<string, unknown>;
  expect(said).toMatchObject({
    label: `${'x'.repeat(2_000)}… (9000 characters)`,
    line: 'user bob password ***',
    list: ['bob:***'],
    msg: 'ssl crt ***',
  });
}, 60_000);

test('a logger that writes nothing opens and keeps nothing, however many there are', async () => {
  const before = process.listenerCount('exit');
  for (let i = 0; i < 20; i++) (await makeLogger({ level: 'silent', format: 'text', fd: 2 })).error({}, 'nobody reads it');
  expect(process.listenerCount('exit')).toBe(before);
});
