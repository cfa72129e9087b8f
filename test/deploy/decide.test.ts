import { expect, test } from '@jest/globals';
import { decide } from '../../src/deploy/decide.ts';
import { balancer, BUSY, CHECKING, colour, DRAINED, facts, LOCK, newer, UP } from './facts.ts';

const LATE = 400_000;

/** Blue has four tasks, of which the first are drained; green has so many that serve. */
function four({ drained = 0, green = 1 }: { readonly drained?: number; readonly green?: number } = {}) {
  const apps = [colour('/blue', 4), colour('/green', green, { labels: newer(4) })];
  const servers = Object.fromEntries([
    ...[1, 2, 3, 4].map((i) => [`/blue.${i}`, i <= drained ? DRAINED : UP]),
    ...Array.from({ length: green }, (_, i) => [`/green.${i + 1}`, UP]),
  ]) as Parameters<typeof balancer>[0];
  return { apps, servers, balancers: [balancer(servers)] };
}

test('the new app is waited for until it serves on every load balancer', () => {
  const { apps, servers } = four();
  const lagging = balancer({ ...servers, '/green.1': CHECKING }, '10.0.0.2:9090');
  expect(decide(facts({ apps, balancers: [balancer(servers), lagging] }))).toEqual({
    do: 'wait',
    for: '1 task of /green to serve on every load balancer: 0 of 1 do',
  });
});

test('what is drained on every load balancer is killed first, and only then does the new app grow', () => {
  const { apps, servers, balancers } = four({ drained: 1 });
  expect(decide(facts({ apps, balancers }))).toMatchObject({ do: 'kill', app: { id: '/blue' }, tasks: ['/blue.1'] });
  const other = balancer({ ...servers, '/blue.1': UP }, '10.0.0.2:9090');
  expect(decide(facts({ apps, balancers: [...balancers, other] }))).toMatchObject({ do: 'scale', app: { id: '/green' }, instances: 2 });
  const three = [colour('/blue', 3), colour('/green', 1, { labels: newer(4) })];
  const after = balancer({ '/blue.1': UP, '/blue.2': UP, '/blue.3': UP, '/green.1': UP });
  expect(decide(facts({ apps: three, balancers: [after] }))).toMatchObject({ do: 'scale', instances: 2 });
});

test('fault 1, roles that swap: no step depends on which app was scaled later', () => {
  const blue = colour('/blue', 1, { changedAt: 900 });
  const apps = [blue, colour('/green', 4, { labels: newer(4), changedAt: 800 })];
  const servers = { '/blue.1': BUSY, '/green.1': UP, '/green.2': UP, '/green.3': UP, '/green.4': UP };
  expect(decide(facts({ apps, balancers: [balancer(servers)] }))).toMatchObject({ do: 'wait' });
  expect(decide(facts({ apps, balancers: [balancer({ ...servers, '/blue.1': DRAINED })] }))).toMatchObject({
    do: 'remove',
    app: { id: '/blue' },
  });
});

test('fault 4, several ports: only tasks that are drained die, whatever their place in the list', () => {
  const apps = [colour('/blue', 4), colour('/green', 2, { labels: newer(4) })];
  const servers = { '/blue.1': UP, '/blue.2': DRAINED, '/blue.3': UP, '/blue.4': DRAINED, '/green.1': UP, '/green.2': UP };
  expect(decide(facts({ apps, balancers: [balancer(servers)] }))).toMatchObject({ do: 'kill', tasks: ['/blue.2', '/blue.4'] });
});

test('never so many die that fewer than the target are left', () => {
  const { apps, balancers } = four({ drained: 3, green: 1 });
  expect(decide(facts({ apps, balancers }))).toMatchObject({ do: 'kill', tasks: ['/blue.1'] });
});

test('faults 7 and 8, a new version that never comes up: it is never scaled further, and taken back after the time for a step', () => {
  const { apps, servers } = four();
  const balancers = [balancer({ ...servers, '/green.1': CHECKING })];
  expect(decide(facts({ apps, balancers }))).toMatchObject({ do: 'wait' });
  expect(decide(facts({ apps, balancers, now: LATE }))).toMatchObject({ do: 'abort', why: expect.stringContaining('0 of 1 do') });
  const open = [apps[0], colour('/green', 1, { labels: newer(4), deploying: true })] as typeof apps;
  expect(decide(facts({ apps: open, balancers, now: LATE }))).toMatchObject({
    do: 'abort',
    why: expect.stringContaining("Marathon's deployment of /green"),
  });
});

test('fault 9, a busy task is not killed before its time, and then only as --on-timeout says', () => {
  const apps = [colour('/blue', 1), colour('/green', 1, { labels: newer(1) })];
  const balancers = [balancer({ '/blue.1': BUSY, '/green.1': UP })];
  expect(decide(facts({ apps, balancers }))).toMatchObject({ do: 'wait', for: expect.stringContaining('1 have 2 open sessions') });
  expect(decide(facts({ apps, balancers, now: LATE }))).toMatchObject({ do: 'remove' });
  expect(decide(facts({ apps, balancers, now: LATE, plan: { onTimeout: 'wait' } }))).toMatchObject({ do: 'wait' });
  expect(decide(facts({ apps, balancers, now: LATE, plan: { onTimeout: 'abort' } }))).toMatchObject({ do: 'abort' });
});

test('fault 10, the deployment of the old app is waited for as well', () => {
  const { apps, balancers } = four({ drained: 1 });
  const [blue, green] = apps;
  const busy = [{ ...blue, deploying: true }, green] as typeof apps;
  expect(decide(facts({ apps: busy, balancers }))).toEqual({ do: 'wait', for: "Marathon's deployment of /blue: it has not ended" });
});

test('fault 11, a hybrid ends as soon as both apps have their numbers; promote goes on to the end', () => {
  const apps = [colour('/blue', 3), colour('/green', 1, { labels: newer(4, 1) })];
  const balancers = [balancer({ '/blue.1': UP, '/blue.2': UP, '/blue.3': UP, '/green.1': UP })];
  expect(decide(facts({ apps, balancers }))).toEqual({ do: 'done', as: 'hybrid' });
  expect(decide(facts({ apps, balancers, group: { note: 'promote' } }))).toMatchObject({
    do: 'scale',
    app: { id: '/green' },
    instances: 2,
  });
  const first = [colour('/blue', 4), colour('/green', 1, { labels: newer(4, 1) })];
  const drained = balancer({ '/blue.1': UP, '/blue.2': DRAINED, '/blue.3': UP, '/blue.4': UP, '/green.1': UP });
  expect(decide(facts({ apps: first, balancers: [drained] }))).toMatchObject({ do: 'kill', tasks: ['/blue.2'] });
});

test('fault 17, a third app of the group: nothing is touched', () => {
  const apps = [colour('/blue', 1), colour('/green', 1, { labels: newer(1) }), colour('/other', 1)];
  expect(decide(facts({ apps, balancers: [balancer({})] }))).toMatchObject({ do: 'refuse', why: expect.stringContaining('has 3 apps') });
});

test('taking back: the old app gets its instances first, then the load balancers are told, and the new one goes when it is drained', () => {
  const back = { direction: 'back' } as const;
  const green = colour('/green', 2, { labels: newer(4) });
  const half = [colour('/blue', 2), green];
  const serving = { '/green.1': UP, '/green.2': UP, '/blue.1': UP, '/blue.2': UP };
  const short = facts({ apps: half, balancers: [balancer(serving)], plan: back });
  expect(decide(short)).toEqual({ do: 'scale', app: half[0], instances: 4, force: false });
  const whole = [colour('/blue', 4), green];
  const all = { ...serving, '/blue.3': UP, '/blue.4': UP };
  expect(decide(facts({ apps: whole, balancers: [balancer(all)], plan: back }))).toEqual({ do: 'turn', leaving: '/green' });
  const turned = { locks: [{ ...LOCK, leaving: '/green' }] };
  const early = { ...all, '/blue.4': CHECKING, '/green.1': DRAINED, '/green.2': DRAINED };
  expect(decide(facts({ apps: whole, balancers: [balancer(early)], plan: back, group: turned }))).toMatchObject({ do: 'wait' });
  const drained = { ...early, '/blue.4': UP };
  expect(decide(facts({ apps: whole, balancers: [balancer(drained)], plan: back, group: turned }))).toMatchObject({
    do: 'remove',
    app: { id: '/green' },
    stays: { id: '/blue' },
  });
});

test('taking back a version that never came up: Marathon is made to end its deployment', () => {
  const apps = [colour('/blue', 1), colour('/green', 1, { labels: newer(1), deploying: true, tasks: [{ id: '/green.1', alive: false }] })];
  const group = { locks: [{ ...LOCK, leaving: '/green' }], note: 'abort' } as const;
  expect(decide(facts({ apps, balancers: [balancer({ '/blue.1': UP })], group }))).toMatchObject({
    do: 'remove',
    app: { id: '/green' },
    force: true,
  });
});

test('a load balancer that does not answer holds everything; after its time, the others decide under --on-timeout kill alone', () => {
  const { apps, balancers } = four({ drained: 1 });
  const silent = [...balancers, { name: '10.0.0.2:9090', why: 'connection refused' }];
  expect(decide(facts({ apps, balancers: silent }))).toMatchObject({
    do: 'wait',
    for: expect.stringContaining('10.0.0.2:9090: connection refused'),
  });
  expect(decide(facts({ apps, balancers: silent, now: LATE }))).toMatchObject({ do: 'kill' });
  expect(decide(facts({ apps, balancers: silent, now: LATE, plan: { onTimeout: 'wait' } }))).toMatchObject({ do: 'wait' });
  expect(decide(facts({ apps, balancers: silent, now: LATE, plan: { onTimeout: 'abort' } }))).toMatchObject({ do: 'abort' });
  const none = [{ name: '10.0.0.2:9090', why: 'connection refused' }];
  expect(decide(facts({ apps, balancers: none, now: LATE }))).toMatchObject({ do: 'stop', exitCode: 5 });
});

test('no load balancer at all is refused, because nothing could be drained', () => {
  expect(decide(facts({ apps: four().apps, balancers: [] }))).toMatchObject({ do: 'refuse' });
});

test('a pause holds everything, except a way back', () => {
  const { apps, balancers } = four({ drained: 1 });
  expect(decide(facts({ apps, balancers, group: { note: 'pause' }, now: LATE }))).toMatchObject({
    do: 'wait',
    for: expect.stringContaining('paused'),
  });
});

test('what the analysis says against the new version takes it back', () => {
  const { apps, balancers } = four();
  expect(decide(facts({ apps, balancers, plan: { verdict: 'errors 12% are not below 1%' } }))).toEqual({
    do: 'abort',
    why: 'errors 12% are not below 1%',
  });
});

test('one app is the end, and none as well', () => {
  expect(decide(facts({ apps: [colour('/green', 4)], balancers: [] }))).toEqual({ do: 'done', as: 'complete' });
  expect(decide(facts({ apps: [colour('/blue', 4)], balancers: [], plan: { direction: 'back' } }))).toEqual({ do: 'done', as: 'restored' });
});

test('an alive task that a load balancer has not heard of is not drained', () => {
  const apps = [colour('/blue', 1), colour('/green', 1, { labels: newer(1) })];
  expect(decide(facts({ apps, balancers: [balancer({ '/green.1': UP })] }))).toMatchObject({ do: 'wait' });
});

test('a wait that nothing ends is over after the time for a step: no load balancer answers, or the old app does not come back', () => {
  const { apps, servers } = four();
  const silent = [{ name: '10.0.0.1:9090', why: 'connect ECONNREFUSED' }];
  for (const onTimeout of ['kill', 'wait'] as const) {
    expect(decide(facts({ apps, balancers: silent, plan: { onTimeout } }))).toMatchObject({ do: 'wait' });
    expect(decide(facts({ apps, balancers: silent, now: LATE, plan: { onTimeout } }))).toMatchObject({ do: 'stop', exitCode: 5 });
  }
  expect(decide(facts({ apps, balancers: silent, now: LATE, plan: { onTimeout: 'abort' } }))).toMatchObject({ do: 'abort' });
  const back = { direction: 'back' as const, onTimeout: 'wait' as const };
  const group = { locks: [{ ...LOCK, leaving: '/green' }] };
  const balancers = [balancer({ ...servers, '/blue.1': CHECKING })];
  expect(decide(facts({ apps, balancers, group, plan: back }))).toMatchObject({ do: 'wait' });
  expect(decide(facts({ apps, balancers, group, plan: back, now: LATE }))).toMatchObject({
    do: 'stop',
    exitCode: 2,
    why: expect.stringContaining('nothing of /green was removed'),
  });
});
