import { expect, test } from '@jest/globals';
import type { News } from '../../src/model/news.ts';
import type { View } from '../../src/model/view.ts';
import { nginx, read, Story, task, type Json } from './cluster.ts';

const HOST = 'x.acme.org';
const changed = (year: number): Json => ({ versionInfo: { lastConfigChangeAt: `${year}-01-01T00:00:00.000Z` } });

/** An app with these labels of its one port; each has a service port of its own. */
function app(id: string, year: number, labels: Readonly<Record<string, string>>): Json {
  const own = Object.fromEntries(Object.entries(labels).map(([name, value]) => [`HAPROXY_0_${name}`, value]));
  return nginx([task(year % 100)], {
    id,
    ...changed(year),
    labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: HOST, ...own },
    container: { portMappings: [{ containerPort: 80, servicePort: 8_000 + year }] },
  });
}

const begin = (): Story => Story.begin({ groupHttpsByVhost: true });
const applied = ({ holders }: View): News => ({ kind: 'serving', at: 0, holders });

/** The https bind of a host, or of the host of these tests. */
function bindOf({ document }: View, name = 'x_acme_org'): string | undefined {
  const section = document.front.find((one) => one.name === `frontend ${name}`);
  return section && /^\s+bind (.*)$/m.exec(section.fragments.map(({ text }) => text).join(''))?.[1];
}

const PLAIN = 'abns@x_acme_org accept-proxy ssl crt /etc/ssl/cert.pem alpn h2,http/1.1';
const LOCKED = { BIND_OPTIONS: 'ca-file /ca.pem verify required', PATH: '/evil' };

test('an app of a host that belongs to another one changes nothing of its https bind, and is told', () => {
  const story = begin();
  const shop = app('/shop', 2018, {});
  const evil = app('/evil', 2016, { ...LOCKED, SSL_CERT: '/evil.pem' });
  const alone = story.tell(read(shop));
  const both = story.tell(applied(alone), read(evil, shop));
  expect([bindOf(alone), bindOf(both)]).toEqual([PLAIN, PLAIN]);
  expect(both.problems.filter(({ code }) => code === 'route-conflict')).toEqual([
    {
      code: 'route-conflict',
      owner: { by: 'app', app: '/evil', index: 0 },
      label: 'HAPROXY_0_SSL_CERT',
      message:
        'the https bind of x.acme.org is that of port 0 of /shop, so HAPROXY_0_SSL_CERT and HAPROXY_0_BIND_OPTIONS have no effect there',
      hint: 'write it in the labels of that app, which has had the host first',
    },
  ]);
});

test('the owner of a host is the one that has it; else the one that takes the whole host; else the older one', () => {
  const options = (one: number): Readonly<Record<string, string>> => ({ BIND_OPTIONS: `maxconn ${one}` });
  const [part, whole] = [app('/a', 2016, { ...options(1), PATH: '/a' }), app('/b', 2018, options(2))];
  const fresh = begin().tell(read(part, whole));
  expect(bindOf(fresh)).toContain(' maxconn 2 ');
  const story = begin();
  const first = story.tell(read(part));
  expect(bindOf(story.tell(applied(first), read(part, whole)))).toContain(' maxconn 1 ');
  expect(bindOf(story.tell(read(whole)))).toContain(' maxconn 2 ');
  const other = app('/c', 2015, { ...options(3), PATH: '/c' });
  expect(bindOf(begin().tell(read(part, other)))).toContain(' maxconn 3 ');
});

test('the ports of the owner all count; a stranger that asks for the same is told nothing', () => {
  const two = nginx([task(1)], {
    ...changed(2016),
    labels: {
      HAPROXY_GROUP: 'external',
      HAPROXY_0_VHOST: HOST,
      HAPROXY_0_BIND_OPTIONS: 'maxconn 1',
      HAPROXY_1_VHOST: HOST,
      HAPROXY_1_PATH: '/x',
      HAPROXY_1_BIND_OPTIONS: 'nice 2',
    },
    container: {
      portMappings: [
        { containerPort: 80, servicePort: 10_000 },
        { containerPort: 81, servicePort: 10_001 },
      ],
    },
  });
  const view = begin().tell(read(two, app('/z', 2018, { BIND_OPTIONS: 'nice 2', PATH: '/z' })));
  expect(bindOf(view)).toContain(' maxconn 1  nice 2 ');
  expect(view.problems).toEqual([]);
  const [head] = view.document.front.find(({ name }) => name === 'frontend x_acme_org')?.fragments ?? [];
  expect(head).toMatchObject({ owner: { app: '/nginx', index: 1 }, beside: [{ app: '/nginx', index: 0 }] });
});

test('without --group-https-by-vhost nobody owns a bind, and nobody is told', () => {
  const { problems, holders } = Story.begin().tell(read(app('/shop', 2018, {}), app('/evil', 2016, LOCKED)));
  expect(problems.filter(({ code }) => code === 'route-conflict')).toEqual([]);
  expect(holders.flatMap(({ holds }) => holds).filter((word) => word.startsWith('host '))).toEqual([]);
});
