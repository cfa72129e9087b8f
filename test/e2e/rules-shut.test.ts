import { describe, expect, jest, test } from '@jest/globals';
import { MAPS, useEstate, type Arrived, type RuledApp } from './rules.ts';

jest.setTimeout(60_000);

/** No network: a label that guards access and can't be read, so that the port is left out. */
const SHUT = { ALLOW: 'nobody at all' };
const TABLE = { PATH_TYPE: 'prefix' };

const apps: readonly RuledApp[] = [
  { id: '/a/admin', labels: { VHOST: 'shop.test', PATH: '/admin', ...SHUT } },
  { id: '/a/web', labels: { VHOST: 'shop.test' } },
  { id: '/a/whole', labels: { VHOST: 'whole.test', AUTH: 'staff:alice', REDIRECT_TO_HTTPS: 'true' } },
  { id: '/a/heavy', labels: { VHOST: 'heavy.test', BACKEND_WEIGHT: '5', ...SHUT } },
  { id: '/a/deep', labels: { VHOST: 'deep.test', PATH: '/deep', ...TABLE, ...SHUT } },
  { id: '/a/below', labels: { VHOST: '*.below.wide.test', ...SHUT } },
  { id: '/a/regex', labels: { VHOST: 'regex.test', PATH: '/v[0-9]+', PATH_TYPE: 'regex', ...SHUT } },
  { id: '/a/blue', labels: { VHOST: 'split.test', SPLIT: 'colour:90', ...SHUT } },
  { id: '/a/green', labels: { VHOST: 'split.test', SPLIT: 'colour:10' } },
  { id: '/a/both', labels: { VHOST: 'both.test', ...SHUT } },
  { id: '/a/backed', labels: { VHOST: 'backed.test', BACKUP: '/a/web', ...SHUT } },
  { id: '/a/texts', labels: { VHOST: 'texts.test', HTTP_FRONTEND_ACL: '  acl mine hdr(host) -i texts.test', ...SHUT } },
  { id: '/b/both', labels: { VHOST: 'both.test' } },
  { id: '/b/guest', labels: { VHOST: 'whole.test', PATH: '/guest' } },
  { id: '/b/heavy', labels: { VHOST: 'heavy.test', PATH: '/path' } },
  { id: '/b/root', labels: { VHOST: 'deep.test,regex.test', PATH: '/', ...TABLE } },
  { id: '/b/wide', labels: { VHOST: '*.wide.test' } },
  { id: '/b/default', labels: { DEFAULT: 'true' } },
];

/** Who answers, or the status. */
const EXPECTED = {
  'shop.test/': '/a/web',
  'shop.test/admin': '503',
  'shop.test/admin/x': '503',
  'whole.test/': '503',
  'whole.test/guest': '/b/guest',
  'heavy.test/': '503',
  'heavy.test/path': '503',
  'deep.test/': '/b/root',
  'deep.test/deep/er': '503',
  'x.below.wide.test/': '503',
  'below.wide.test/': '/b/wide',
  'regex.test/v1': '503',
  'regex.test/x': '/b/root',
  'split.test/': '/a/green',
  'both.test/': '/b/both',
  'backed.test/': '503',
  'texts.test/': '503',
  'other.wide.test/': '/b/wide',
  'elsewhere.org/': '/b/default',
} as const;

describe.each(MAPS)('ports that are left out for a fault, map files %s', (_, maps) => {
  const estate = useEstate({ apps, settings: { haproxyMap: maps } });

  test.each(['http', 'https'] as const)('over %s their hosts and paths are 503, and those of others are served', async (over) => {
    const answers = await Promise.all(
      Object.keys(EXPECTED).map(async (url) => {
        const at = url.indexOf('/');
        const { status, body } = await estate().ask({ host: url.slice(0, at), path: url.slice(at), over });
        return [url, status === '200' ? (JSON.parse(body) as Arrived).app : status];
      }),
    );
    expect(Object.fromEntries(answers)).toEqual(EXPECTED);
  });

  test('by the id of the app there is no way in either', async () => {
    const { status } = await estate().ask({ host: 'x', headers: { 'x-marathon-app-id': '/a/whole' }, over: 'appId' });
    expect(status).toBe('503');
  });
});
