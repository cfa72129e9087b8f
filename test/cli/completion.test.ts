import { expect, test } from '@jest/globals';
import { execa } from 'execa';
import { OPTIONS } from '../../src/options/options.ts';

/** What a call of the program wrote to stdout and stderr, and its exit code. */
async function call(...words: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const program = `import { main } from './src/main.ts'; process.exitCode = await main(${JSON.stringify(words)});`;
  const node = ['--import', './test/e2e/fixtures/typescript.js', '--input-type=module', '-e', program];
  const { exitCode = -1, stdout, stderr } = await execa('node', node, { reject: false });
  return { code: exitCode, out: stdout, err: stderr };
}

/** What bash offers after these words, of which the last one is being written. */
async function offered(script: string, ...words: readonly string[]): Promise<readonly string[]> {
  const line = ['marathon-lb-ts', ...words].map((word) => `'${word}'`).join(' ');
  const ask = `${script}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length}; _marathon_lb_ts; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await execa('bash', ['-c', ask]);
  return stdout.split('\n').filter((word) => word !== '');
}

test('bash completes commands, the flags of each command, and values of flags with a few values', async () => {
  const { out: script, code } = await call('completion', 'bash');
  expect(code).toBe(0);
  await expect(offered(script, 'ex')).resolves.toEqual(['explain']);
  await expect(offered(script, '')).resolves.toEqual(
    expect.arrayContaining(['dns', 'demo', 'status', 'explain', 'check', 'diff', 'labels']),
  );
  await expect(offered(script, '--haproxy-conf')).resolves.toEqual(['--haproxy-config']);
  await expect(offered(script, 'status', '--j')).resolves.toEqual(['--json']);
  await expect(offered(script, 'status', '--gro')).resolves.toEqual([]);
  await expect(offered(script, '--template-labels', '')).resolves.toEqual(['allow', 'safe', 'deny']);
  await expect(offered(script, 'check', '--format', 'j')).resolves.toEqual(['json', 'junit']);
  await expect(offered(script, 'completion', 'z')).resolves.toEqual(['zsh']);
  await expect(offered(script, '--group', 'ex')).resolves.toEqual([]); // a value, not a command
});

test.each(['bash', 'zsh', 'fish'])('%s is told every flag that --help shows', async (shell) => {
  const { out, code } = await call('completion', shell);
  expect(code).toBe(0);
  const long = Object.values(OPTIONS).flatMap(({ flags }) => /--([\w-]+)/.exec(flags)?.[1] ?? []);
  expect(long.length).toBeGreaterThan(50);
  for (const flag of long) expect(out).toMatch(new RegExp(`(--|-l )${flag}\\b`));
});

test('the values of a flag that the table lists are those that its reader takes', () => {
  const limited = Object.values(OPTIONS).filter((row) => 'values' in row);
  expect(limited).not.toHaveLength(0);
  for (const { values = [], read } of limited) {
    for (const value of values) expect((read as (text: string) => unknown)(value)).toBe(value);
    expect(() => (read as (text: string) => unknown)('nonsense')).toThrow(values[0]);
  }
});

test.each([
  [['explian'], "there is no command 'explian': did you mean explain?"],
  [['statsu', '--json'], "there is no command 'statsu': did you mean status?"],
  [['pol'], "there is no command 'pol': did you mean poll?"],
  [['something-else'], "there is no command 'something-else': marathon-lb-ts --help lists the commands"],
  [['--grup', 'external'], '(Did you mean --group?)'],
  [['--haproxy-confg', '/etc/haproxy.cfg'], '(Did you mean --haproxy-config?)'],
  [['diff', '--grup', 'external'], '(Did you mean --group?)'],
  [['diff', '--grup', 'external'], '(marathon-lb-ts diff --help lists all of its flags)'],
  [['completion', 'tcsh'], 'Allowed choices are bash, zsh, fish.'],
])('%j ends with 2 and says what was meant', async (words, said) => {
  const { code, err, out } = await call(...words);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(said);
});
