import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { readCsv } from '../../src/deploy/csv.ts';
import type { Group } from '../../src/deploy/shapes.ts';
import { colour } from './facts.ts';

/** What HAProxy itself wrote for backends as marathon-lb 1.15 names them; agent-3's server refuses connections, and agent-2's is disabled. */
const real = (release: string): string => readFileSync(new URL(`csv/${release}.csv`, import.meta.url), 'utf8');

const RELEASES = ['2.6.12', '3.0.11', '3.2.26', '3.4.7'];

function task(id: string, agent: number, more: Readonly<Record<string, unknown>> = {}) {
  const address = { ipAddress: `10.1.0.${agent}`, protocol: 'IPv4' };
  return { id, host: `agent-${agent}.acme.org`, ports: [], ipAddresses: [address], ...more };
}

const calico = (...ports: readonly number[]) => ({ container: { portMappings: ports.map((containerPort) => ({ containerPort })) } });

function groupOf(name: string, json: Readonly<Record<string, unknown>>): Group {
  return { name, apps: [colour('/blue', 0, { json: { id: '/blue', ...json } })], locks: [], note: undefined };
}

const SHOP = groupOf('/shop', { ...calico(80), tasks: [task('one', 1), task('two', 2), task('three', 3), task('four', 4)] });

const states = (text: string, group: Group, isReloading = false) =>
  Object.fromEntries(
    [...readCsv(text, { group, isReloading })].map(([id, { serving, draining, sessions }]) => [id, [serving, draining, sessions]]),
  );

test.each(RELEASES)('HAProxy %s: who serves, who drains, and who does neither, by container port', (release) => {
  expect(states(real(release), SHOP)).toEqual({ one: [true, false, 0], two: [false, true, 0], three: [false, false, 0] });
  expect(states(real(release), SHOP, true)).toMatchObject({ two: [false, true, 1] }); // an old worker may have sessions
});

test.each(RELEASES)('HAProxy %s: a task in host mode, a group with a slash, and one whose name begins like another', (release) => {
  const host = groupOf('shop', { tasks: [task('one', 1, { ports: [31001] })] });
  expect(states(real(release), host)).toEqual({ one: [true, false, 0] });
  const web = groupOf('/shop/web', { ...calico(81), tasks: [task('one', 1)] });
  expect(states(real(release), web)).toEqual({ one: [true, false, 0] });
  expect(states(real(release), groupOf('/sho', { ...calico(80), tasks: [task('one', 1)] }))).toEqual({});
});

test.each(RELEASES)(
  'HAProxy %s without its newer columns, as 2.0 of marathon-lb 1.15 has it; with a column more at the front; with Windows line ends',
  (release) => {
    const lines = real(release).split('\n');
    const expected = states(real(release), SHOP);
    const older = lines.map((line) => line.split(',').slice(0, 86).join(','));
    expect(states(older.join('\n'), SHOP)).toEqual(expected);
    const odd = lines.map((line, i) => (line === '' ? '' : i === 0 ? `# -,${line.slice(2)}` : `x,${line}`));
    expect(states(odd.join('\n'), SHOP)).toEqual(expected);
    expect(states(lines.join('\r\n'), SHOP)).toEqual(expected);
  },
);

test('a field with commas and quotes, as the last answer of a check, shifts no column', () => {
  const text = real('2.6.12').replace('Layer4 connection problem', '"he said ""no"", and went, and went"');
  expect(states(text, SHOP)).toEqual(states(real('2.6.12'), SHOP));
  const line =
    '# pxname,svname,status,last_chk,rtime,hrsp_5xx,req_tot,mode\nshop_10000,agent-1_acme_org_10_1_0_1_80,UP,"a, ""b"", c",12,3,40,http\n';
  expect(readCsv(line, { group: SHOP, isReloading: false }).get('one')).toMatchObject({ answerMs: 12, errors: 3, requests: 40 });
});

test('names with underscores and addresses of IPv6; a server whose name does not end as a port does is nobody', () => {
  const group = groupOf('/shop', {
    ...calico(80),
    tasks: [{ id: 'six', host: 'agent_6', ports: [], ipAddresses: [{ ipAddress: 'fd00::6' }] }],
  });
  const csv = (svname: string): string => `# pxname,svname,status\nshop_10000,${svname},UP\n`;
  expect(states(csv('agent_6_fd00__6_80'), group)).toEqual({ six: [true, false, 0] });
  expect(states(csv('agent_6_fd00__6_8080'), group)).toEqual({});
  expect(states(csv('agent_6_fd00__6_80_x'), group)).toEqual({});
});

test('no CSV at all, or half of one: nobody is known, and so nobody is drained', () => {
  expect(states('', SHOP)).toEqual({});
  expect(states('<html><body>401 Unauthorized</body></html>', SHOP)).toEqual({});
  expect(states(real('2.6.12').slice(0, 300), SHOP)).toEqual({});
});
