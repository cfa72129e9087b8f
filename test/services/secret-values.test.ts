import { expect, test } from '@jest/globals';
import { hideSecrets } from '../../src/lib/secrets.ts';
import { APP_LABELS, PORT_LABELS } from '../../src/services/labels.ts';
import { nginx, read, Story, task } from '../story/cluster.ts';

test.each([
  ['AUTH', 'topsecret'],
  ['BIND_OPTIONS', 'ssl crt topsecret" }'],
  ['SSL_CERT', '/etc/top secret.pem'],
])('the value of HAPROXY_0_%s that can not be read is not repeated in its Problem', (label, value) => {
  const { problems } = Story.begin().tell(read(nginx([task(1)], { labels: { HAPROXY_GROUP: 'external', [`HAPROXY_0_${label}`]: value } })));
  const about = problems.filter((problem) => problem.label === `HAPROXY_0_${label}`);
  expect(about.length).toBeGreaterThan(0);
  expect(JSON.stringify(about)).not.toMatch(/top ?secret/);
});

test.each(Object.values({ ...APP_LABELS, ...PORT_LABELS }).map(({ name, grammar }) => [name, grammar.wanted]))(
  'what is wanted of %s can be read in the log: nothing of it is taken for a secret',
  (_, wanted) => {
    expect(hideSecrets(wanted)).toBe(wanted);
  },
);
