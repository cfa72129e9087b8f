import { expect, test } from '@jest/globals';
import { NoAnswer } from '../../src/socket/master.ts';
import { makeBatches, readReplies } from '../../src/socket/replies.ts';
import { makeRuntime } from '../../src/socket/worker.ts';
import type { Command } from '../../src/model/document.ts';
import type { BackendName, ServerName } from '../../src/model/names.ts';
import { answersOf, makeSockets, type Played } from './socket.ts';

const socketWith = makeSockets();

function command(text: string, expected = /^$/): Command {
  return { text, expect: expected, reason: { code: 'server-changed', subject: 's', detail: '' } };
}

/** What releases say, where it is not the same in all of them. */
const WORDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '2.6.12-1+deb12u3': {
    'add server b/new 10.0.0.1:80': 'New server registered.\n',
    'add server b/old 10.0.0.1:80': 'Already exists a server with the same name in backend.\n',
    'del server b/old': 'Server deleted.',
    'del server b/busy': 'Only servers in maintenance mode can be deleted.\n',
    nonsense: 'Unknown command, but maybe one of these:\n  show backend      : list backends\n\n  quit\n',
  },
  '2.8.0': {
    'add server b/new 10.0.0.1:80': 'New server registered.\n',
    'add server b/old 10.0.0.1:80': 'Already exists a server with the same name in backend.\n',
    'del server b/old': 'Server deleted.\n',
    'del server b/busy': 'Server still has connections attached to it, cannot remove it.',
    nonsense: 'Unknown command: \n',
  },
  '3.0.11-1+deb13u1': {
    'add server b/new 10.0.0.1:80': 'Ignoring cookie as HTTP mode is disabled.\nNew server registered.\n',
    'add server b/old 10.0.0.1:80': 'Already exists a server with the same name in backend.\n',
    'del server b/old': 'Server deleted.\n',
    'del server b/busy': 'Server still has connections attached to it, cannot remove it.\n',
    nonsense: 'Unknown command.\n',
  },
  '3.2.0': {
    'add server b/new 10.0.0.1:80': 'New server registered.\n\n',
    'add server b/old 10.0.0.1:80': '\nAlready exists a server with the same name in backend.\n\n',
    'del server b/old': 'Server deleted.\n\n',
    'del server b/busy': 'This server cannot be removed at runtime due to other configuration elements pointing to it.\n',
    nonsense: 'Unknown command.\n',
  },
  '3.4.0': {
    'add server b/new 10.0.0.1:80': 'New server registered.\n',
    'add server b/old 10.0.0.1:80': 'Already exists a server with the same name in backend.\n',
    'del server b/old': 'Server b/old is UP/READY (leaving forced maintenance).\n\nServer deleted.\n',
    'del server b/busy': 'Server still has connections attached to it, cannot remove it.\n',
    nonsense: 'Unknown command.\n',
  },
};

test.each(Object.keys(WORDS))('%s: every command gets its own answer, behind a master and on a stats socket', async (version) => {
  const lines: string[] = [];
  const socketPath = await socketWith((line, socket) => {
    lines.push(line);
    socket.end(answersOf(line, { version, pid: 7 }, (text) => WORDS[version]?.[text] ?? ''));
  });
  const commands = [
    command('add server b/new 10.0.0.1:80', /New server registered\.$/),
    command('enable server b/new'),
    command('nonsense'),
    command('add server b/old 10.0.0.1:80', /New server registered\.$/),
    command('del server b/busy', /Server deleted\.$/),
    command('disable server b/old'),
    command('del server b/old', /Server deleted\.$/),
    command('set server b/new weight 5'),
  ];
  for (const prefix of ['@1 ', ''] as const) {
    const answers = await makeRuntime({ socketPath, prefix, mapFolder: '/etc/haproxy' }).send(commands);
    expect(answers.map(({ taken }) => taken)).toEqual([true, true, false, false, false, true, true, true]);
    expect(answers[3]?.answer).toBe('Already exists a server with the same name in backend.');
    expect(answers[7]?.answer).toBe('');
  }
  expect(lines).toHaveLength(2);
  expect(lines[0]?.split(';').every((each) => each.startsWith('@1 '))).toBe(true);
  expect(lines[1]).not.toContain('@1');
});

test('the release is asked from the worker, once', async () => {
  const lines: string[] = [];
  const played: Played = { version: '3.0.11-1+deb13u1', pid: 7 };
  const socketPath = await socketWith((line, socket) => {
    lines.push(line);
    socket.end(answersOf(line, played, () => ''));
  });
  const runtime = makeRuntime({ socketPath, prefix: '@1 ', mapFolder: '/etc/haproxy' });
  await expect(runtime.release()).resolves.toEqual({ major: 3, minor: 0 });
  await runtime.release();
  expect(lines).toHaveLength(1);
  runtime.forget();
  Object.assign(played, { version: '3.4.0', pid: 8 });
  await expect(runtime.release()).resolves.toEqual({ major: 3, minor: 4 });
  await expect(
    makeRuntime({ socketPath: `${socketPath}.none`, prefix: '@1 ', mapFolder: '/etc/haproxy' }).release(),
  ).resolves.toBeUndefined();
});

test('long lists go in lines of less than 8,000 bytes, one after the other', async () => {
  const lines: string[] = [];
  let [open, most] = [0, 0];
  const socketPath = await socketWith((line, socket) => {
    lines.push(line);
    most = Math.max(most, ++open);
    setImmediate(() => {
      open--;
      socket.end(answersOf(line, { version: '2.6.12', pid: 7 }, (text) => `${text}\n`));
    });
  });
  const commands = Array.from({ length: 400 }, (_, i) =>
    command(`add server b/s${i} 10.0.0.1:${i} check inter 2000 rise 2 fall 3`, / 10\./),
  );
  const answers = await makeRuntime({ socketPath, prefix: '@1 ', mapFolder: '/etc/haproxy' }).send(commands);
  expect(answers.map(({ answer }) => answer)).toEqual(commands.map(({ text }) => text));
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(8_000);
  expect(lines.length).toBeGreaterThan(3);
  expect(most).toBe(1);
  await expect(makeRuntime({ socketPath, prefix: '@1 ', mapFolder: '/etc/haproxy' }).send([])).resolves.toEqual([]);
});

test.each([
  'set server b/s weight 1;shutdown sessions server b/s',
  'add map m <<',
  'set server b/s\nquit',
  'set server b/s\u0000',
  '@2 show info',
  '',
  `add map m k ${'v'.repeat(8_000)}`,
])('%p is never sent', async (text) => {
  const lines: string[] = [];
  const socketPath = await socketWith((line, socket) => {
    lines.push(line);
    socket.end(answersOf(line, { version: '2.6.12', pid: 7 }, () => ''));
  });
  await expect(
    makeRuntime({ socketPath, prefix: '@1 ', mapFolder: '/etc/haproxy' }).send([command('show map'), command(text)]),
  ).rejects.toThrow('is not sent to HAProxy');
  expect(lines).toEqual([]);
});

test('what is no full answer rejects: too few, too many, cut in the middle, garbage, nobody there, silence', async () => {
  const good = (line: string): string => answersOf(line, { version: '2.6.12', pid: 7 }, () => '');
  const ways: Readonly<Record<string, (text: string) => string>> = {
    'gave 0 answers to 1 commands': (text) => text.slice(0, text.lastIndexOf('2.6.12')),
    'gave 2 answers to 1 commands': (text) => `${text}2.6.12\n\n`,
    "HAProxy's answer does not name its worker: \"Can't find the target PID matching the prefix '@1'\"": () =>
      "Can't find the target PID matching the prefix '@1'\n",
    'does not name its worker: "Permission denied': () => 'Permission denied\n\n'.repeat(4),
    'then "Success=0': (text) => `${text}Success=0\n--\n`,
    '(cut)': () => '',
  };
  for (const [says, way] of Object.entries(ways)) {
    const socketPath = await socketWith((line, socket) => socket.end(way(good(line))));
    const error: unknown = await makeRuntime({ socketPath, prefix: '@1 ', mapFolder: '/etc/haproxy' })
      .send([command('show map')])
      .catch((reason: unknown) => reason);
    expect(String(error instanceof Error && error.cause instanceof Error ? error.cause.message : error)).toContain(says);
  }
  const torn = await socketWith((line, socket) => {
    socket.write(good(line).slice(0, 40), () => socket.destroy());
  });
  await expect(makeRuntime({ socketPath: torn, prefix: '', mapFolder: '/etc/haproxy' }).send([command('show map')])).rejects.toThrow();
  const silent = await socketWith(() => undefined);
  const asked = makeRuntime({ socketPath: silent, prefix: '', mapFolder: '/etc/haproxy', deadlineMs: 50 }).send([command('show map')]);
  await expect(asked).rejects.toMatchObject({ silence: 'hang' });
  await expect(
    makeRuntime({ socketPath: `${silent}.none`, prefix: '', mapFolder: '/etc/haproxy' }).send([command('show map')]),
  ).rejects.toBeInstanceOf(NoAnswer);
});

test('another worker than before is not taken for the same; what it holds is read back first', async () => {
  const played: Played = { version: '2.6.12', pid: 7 };
  const state =
    '1\n# be_name srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_check_result srv_check_state srv_port srv_use_ssl srv_fqdn\n';
  const socketPath = await socketWith((line, socket) =>
    socket.end(answersOf(line, played, (text) => (text === 'show servers state' ? state : text === 'show backend' ? '# name\n' : ''))),
  );
  const runtime = makeRuntime({ socketPath, prefix: '', mapFolder: '/etc/haproxy' });
  await runtime.send([command('disable server b/s')]);
  played.started = 2; // the same pid in another container
  await expect(runtime.send([command('disable server b/s')])).rejects.toThrow('somebody has reloaded HAProxy');
  await expect(runtime.passed([{ backend: 'b' as BackendName, server: 's' as ServerName }])).rejects.toThrow(
    'somebody has reloaded HAProxy',
  );
  const document = { front: [], backends: [], maps: {} };
  await expect(runtime.holds(document)).resolves.toEqual({ document, exceptions: new Map(), lost: new Map() });
  await expect(runtime.send([command('disable server b/s')])).resolves.toHaveLength(1);
  played.stopping = true;
  await expect(runtime.send([command('disable server b/s')])).rejects.toThrow('is about to end');
});

test('whose check has passed is asked for each backend once', async () => {
  const head =
    '1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_check_result srv_check_state srv_port srv_use_ssl srv_fqdn\n';
  const said: Readonly<Record<string, string>> = {
    'show servers state a': `${head}3 a 1 one 10.0.0.1 0 1 1 3 6 80 0\n3 a 2 two 10.0.0.1 0 1 1 2 6 81 0\n3 a 3 other 10.0.0.1 0 1 1 3 6 82 0\n`,
    'show servers state b': `${head}4 b 1 one 10.0.0.1 0 1 1 0 6 80 0\n`,
    'show servers state gone': "Can't find backend.\n",
  };
  const lines: string[] = [];
  const socketPath = await socketWith((line, socket) => {
    lines.push(line);
    socket.end(answersOf(line, { version: '2.6.12', pid: 7 }, (text) => said[text] ?? 'asked twice'));
  });
  const servers = ['a/one', 'a/two', 'b/one', 'gone/one', 'a/missing'].map((key) => {
    const [backend, server] = key.split('/') as [BackendName, ServerName];
    return { backend, server };
  });
  await expect(makeRuntime({ socketPath, prefix: '@1 ', mapFolder: '/etc/haproxy' }).passed(servers)).resolves.toEqual(new Set(['a/one']));
  expect(lines[0]?.split(';').filter((each) => each.includes('servers state'))).toHaveLength(3);
});

test('a line with the version inside an answer does not end the answer', () => {
  const [batch] = makeBatches(['show info']);
  expect(batch?.count).toBe(1);
  const info = 'Version: 2.6.12\nPid: 7\nStopping: 0\nBuild info: 2.6.12\n';
  expect(readReplies(`${info}\n2.6.12\n\n${info}\n2.6.12\n\n`, 1).answers).toEqual([info.trim()]);
});

test('where nothing listens at the worker’s own socket, commands go through the master; an answer that is cut off is not asked for again', async () => {
  const lines: string[] = [];
  const master = await socketWith((line, socket) => {
    lines.push(line);
    socket.end(answersOf(line, { version: '2.6.12', pid: 7 }, () => ''));
  });
  const cut = await socketWith((_line, socket) => {
    socket.end();
  });
  const otherwise = { socketPath: master, prefix: '@1 ' } as const;
  const make = (socketPath: string) => makeRuntime({ socketPath, prefix: '', otherwise, mapFolder: '/etc/haproxy' });
  await expect(make(`${master}.none`).send([command('disable server b/one')])).resolves.toEqual([{ taken: true, answer: '' }]);
  expect(lines).toEqual(['@1 show info;@1 show version;@1 disable server b/one;@1 show version\n']);
  await expect(make(cut).send([command('disable server b/one')])).rejects.toThrow('(cut)');
  await expect(make(`${master}.none`).read(['show map'])).resolves.toEqual(['']);
  expect(lines).toHaveLength(2);
});
