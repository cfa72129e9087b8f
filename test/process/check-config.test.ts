import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askVersion, checkConfig } from '../../src/process/check-config.ts';
import { environmentOf } from '../../src/process/haproxy-environment.ts';
import { identify } from '../../src/process/process-identity.ts';
import { until } from '../e2e/until.ts';
import { makeFolders, writeProgram } from '../lib/folder.ts';

const makeFolder = makeFolders('check');
const program = async (body: string, mode?: number): Promise<string> => writeProgram(await makeFolder(), body, mode);
const check = async (body: string) => checkConfig(await program(body), '/etc/haproxy.cfg');

const ALERT = `echo '[ALERT]    (7) : config : parsing [/x:1] : bad' >&2`;
const NOTICE = `echo '[NOTICE]   (7) : haproxy version is 2.6' >&2`;
const WARNING = `echo '[WARNING]  (7) : config : it is old' >&2`;
const BAD = '[ALERT]    (7) : config : parsing [/x:1] : bad';

test.each([
  ['exit 0', 'exit 0'],
  ['exit 0 and words', 'echo Configuration file is valid'],
  ['exit 0, notices and warnings', `${NOTICE}; ${WARNING}`],
  ['exit 2: nothing is bound, which is fine', 'exit 2'],
  ['an abort behind the last word', 'echo Configuration file is valid; kill -ABRT $$'],
])('taken: %s', async (_, body) => {
  await expect(check(body)).resolves.toEqual({ ok: true });
});

test.each([
  ['exit 1 with an alert', `${ALERT}; exit 1`, [BAD]],
  ['an alert among others: only alerts are told', `${NOTICE}; ${WARNING}; ${ALERT}; echo words; exit 1`, [BAD]],
  ['exit 0 with an alert, as 3.4.0 does', `${ALERT}; exit 0`, [BAD]],
  ['an alert on stdout', `${ALERT.replace(' >&2', '')}; exit 1`, [BAD]],
  [
    'exit 1 without an alert: all but notices',
    `${NOTICE}; ${WARNING}; echo; echo words; exit 1`,
    ['[WARNING]  (7) : config : it is old', 'words'],
  ],
  ['exit 1 without words', 'exit 1', []],
  ['another exit code', 'exit 137', []],
])('refused: %s', async (_, body, lines) => {
  const verdict = await check(body);
  expect(verdict.ok).toBe(false);
  expect('lines' in verdict && [...verdict.lines].sort()).toEqual(lines); // stdout and stderr come in any order
});

test.each([
  ['behind an alert', `${NOTICE}; ${ALERT}; `, [BAD]],
  ['behind a warning', `${WARNING}; `, []],
  ['without a word', '', []],
])('refused: what HAProxy crashes over, %s', async (_, body, lines) => {
  const bin = await program(`${body}kill -SEGV $$`);
  await expect(checkConfig(bin, '/x')).resolves.toEqual({ ok: false, lines: [...lines, `'${bin} -c' has crashed (SIGSEGV)`] });
});

test('a crash of haproxy -c that does not happen again is ignored', async () => {
  const bin = await program(`if [ -e "$0.seen" ]; then exit 0; fi; touch "$0.seen"; kill -SEGV $$`);
  await expect(checkConfig(bin, '/x')).resolves.toEqual({ ok: true });
});

test('a crash for want of memory is no fault of the file, whatever an app writes in quotes', async () => {
  const short = `echo '<jemalloc>: Failed to allocate tcache data' >&2`;
  await expect(check(`${short}; kill -ABRT $$`)).rejects.toThrow('had too little memory: <jemalloc>: Failed to allocate');
  const quoted = `echo "[ALERT] (7) : no such group 'no more memory'" >&2`;
  await expect(check(`${quoted}; kill -SEGV $$`)).resolves.toMatchObject({ ok: false });
});

test('it is asked about the file, with nothing on stdin', async () => {
  await expect(check(`echo "$@"; cat; exit 1`)).resolves.toEqual({ ok: false, lines: ['-c -f /etc/haproxy.cfg'] });
});

test('all lines are read, even those of a long output', async () => {
  const { ok, ...rest } = await check(`seq 1 20000 | sed 's/^/[ALERT] /' >&2; exit 1`);
  expect(ok).toBe(false);
  expect('lines' in rest && rest.lines).toHaveLength(20_000);
});

test('a program that is missing is told, with what to do', async () => {
  const missing = join(await makeFolder(), 'haproxy');
  const words = `there is no program '${missing}': install HAProxy 2.6 or later (apt-get install haproxy), or name it with --haproxy-bin`;
  await expect(checkConfig(missing, '/x')).rejects.toThrow(words);
  await expect(askVersion(missing)).rejects.toThrow(words);
});

test('a file that is not executable is reported', async () => {
  const file = await program('exit 0', 0o644);
  await expect(checkConfig(file, '/x')).rejects.toThrow(`'${file} -c' did not run`);
  await expect(askVersion(file)).rejects.toThrow(`'${file} -vv' failed: `);
});

test('a check that is killed is an error, not a refusal', async () => {
  await expect(check('kill -9 $$')).rejects.toThrow("-c' did not run");
});

test('the version is what it prints', async () => {
  await expect(askVersion(await program(`[ "$1" = -vv ] && echo 'HAProxy version 2.6.12'`))).resolves.toContain('HAProxy version 2.6.12');
  await expect(askVersion(await program('echo broken >&2; exit 3'))).rejects.toThrow("-vv' failed: ");
});

/** A program that waits for a child of its own, and notes that child's pid. */
async function hanging(): Promise<{ readonly bin: string; readonly child: () => Promise<number> }> {
  const bin = await program(`sleep 60 & echo $! > "$0.pid"; wait`);
  return { bin, child: async () => Number(await readFile(`${bin}.pid`, 'utf8').catch(() => '')) };
}

test('one that does not end by its deadline is a refusal, and is killed with all that it has started', async () => {
  const { bin, child } = await hanging();
  const lines = [`'${bin} -c' did not end within 0.5 s`];
  await expect(checkConfig(bin, '/x', { deadlineMs: 500 })).resolves.toEqual({ ok: false, isLate: true, lines });
  await until('its end', async () => !(await isAlive(await child())));
});

test('the signal ends it, and it is no refusal', async () => {
  const { bin, child } = await hanging();
  const ending = new AbortController();
  const asked = checkConfig(bin, '/x', { signal: ending.signal });
  await until('its start', async () => (await child()) > 0);
  ending.abort(new Error('the daemon ends'));
  await expect(asked).rejects.toThrow('the daemon ends');
  await until('its end', async () => !(await isAlive(await child())));
  await expect(checkConfig(bin, '/x', { signal: ending.signal })).rejects.toThrow('the daemon ends');
});

test('the processor time of a check is limited, and its life is where nobody is left to kill it', async () => {
  const verdict = await check('ulimit -t; tr "\\0" " " < /proc/$PPID/cmdline; exit 1');
  expect('lines' in verdict && verdict.lines).toEqual(['35', expect.stringMatching(/^timeout -s KILL 35 /)]);
});

test('it is given PATH, TZ and LANG, and what is named', async () => {
  const own = { ...environmentOf(process.env), TZ: 'Europe/Berlin', LANG: 'C', MARATHON_PASSWORD: 'geheim', HAPROXY_LOCALPEER: 'lb1' };
  const bin = await program('env; exit 1');
  const verdict = await checkConfig(bin, '/x', { env: environmentOf(own, ['HAPROXY_LOCALPEER', 'NOT_SET']) });
  const names = 'lines' in verdict ? verdict.lines.map((line) => line.replace(/=.*/, '')) : [];
  expect(names).toEqual(expect.arrayContaining(['PATH', 'TZ', 'LANG', 'HAPROXY_LOCALPEER']));
  expect(names).not.toContain('MARATHON_PASSWORD');
  expect(names).not.toContain('NOT_SET');
});

async function isAlive(pid: number): Promise<boolean> {
  return (await identify(pid)) !== undefined;
}
