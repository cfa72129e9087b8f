import { expect, test } from '@jest/globals';
import { membersOf, readGroupRule, type GroupRule } from '../../src/services/group-members.ts';
import { appId, definition } from './make.ts';

/** The apps by the name that they are served under, and who is told; an app without a group is written as `/x!`. */
function shown(ids: readonly string[], rule: GroupRule = 'folder') {
  const all = ids.map((id) =>
    definition({ id: appId(id.replace('!', '')), labels: id.endsWith('!') ? {} : { HAPROXY_DEPLOYMENT_GROUP: 'bg' } }),
  );
  const { of, problems } = membersOf(all, rule);
  return { of: Object.fromEntries(of), told: problems.map(({ owner }) => (owner.by === 'app' ? owner.app : '')) };
}

test('apps of one folder that name the same group are merged', () => {
  expect(shown(['/blue', '/green'])).toEqual({ of: { '/blue': '/bg', '/green': '/bg' }, told: [] });
  expect(shown(['/team/blue', '/team/green'])).toEqual({ of: { '/team/blue': '/bg', '/team/green': '/bg' }, told: [] });
});

test('an app of a different folder is not merged; the two colours still are, and all three get a Problem', () => {
  expect(shown(['/blue', '/evil/x', '/green'])).toEqual({ of: { '/blue': '/bg', '/green': '/bg' }, told: ['/blue', '/evil/x', '/green'] });
});

test('one colour and an app of a different folder are each served as themselves', () => {
  expect(shown(['/blue', '/evil/x'])).toEqual({ of: {}, told: ['/blue', '/evil/x'] });
});

test('the same group name in two folders is two groups', () => {
  expect(shown(['/a/blue', '/a/green', '/b/blue', '/b/green']).of).toEqual({
    '/a/blue': '/a/bg',
    '/a/green': '/a/bg',
    '/b/blue': '/b/bg',
    '/b/green': '/b/bg',
  });
});

test('a group may not take the name of an app, of whatever folder', () => {
  expect(shown(['/bg!', '/evil/x'])).toEqual({ of: {}, told: ['/evil/x'] });
  expect(shown(['/bg!', '/blue'])).toEqual({ of: {}, told: ['/blue'] });
  expect(shown(['/bg!', '/blue', '/green'], 'any')).toEqual({ of: {}, told: ['/blue', '/green'] });
  expect(shown(['/a/bg!', '/a/blue', '/a/green', '/b/blue', '/b/green']).of).toEqual({ '/b/blue': '/b/bg', '/b/green': '/b/bg' });
});

test('an operator may allow apps of several folders in one group', () => {
  expect(shown(['/blue', '/other/green'], 'any')).toEqual({ of: { '/blue': '/bg', '/other/green': '/bg' }, told: [] });
  const rule = readGroupRule('{"/bg": ["/a", "/b"]}');
  expect(shown(['/a/blue', '/b/deep/green'], new Map([['/bg', ['/a', '/b']]])).told).toEqual([]);
  expect(rule).toEqual(new Map([['/bg', ['/a', '/b']]]));
  expect(shown(['/a/blue', '/b/green', '/c/x'], new Map([['/bg', ['/a', '/b']]]))).toEqual({
    of: { '/a/blue': '/bg', '/b/green': '/bg' },
    told: ['/a/blue', '/b/green', '/c/x'],
  });
});
