import { expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import type { Fragment, Section } from '../../src/model/document.ts';
import type { View } from '../../src/model/view.ts';
import { TEMPLATES_IN_LABELS } from '../../src/haproxy/catalogue.ts';
import { APP_LABELS, PORT_LABELS } from '../../src/services/labels.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import { EMPTY, makeDeriver } from '../golden/cases.ts';
import { nginx, readAt, task, type Json } from '../story/cluster.ts';
import { HOSTILE } from './hostile-values.ts';

jest.setTimeout(180_000);

const HOST = 'shop.acme.org';
const PORT = 10_000;

/** The neighbour that must not feel anything. */
const plainApp = (id: string): Json =>
  nginx([task(1, { id: 'shop.1' })], {
    id,
    labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: `${HOST},second.acme.org` },
    versionInfo: { lastConfigChangeAt: '2018-01-01T00:00:00.000Z' },
  });

const evilApp = (id: string, labels: Readonly<Record<string, string>>, servicePort: number): Json =>
  nginx([task(2, { id: 'evil.1' })], {
    id,
    labels,
    versionInfo: { lastConfigChangeAt: '2015-01-01T00:00:00.000Z' },
    container: {
      portMappings: [
        { containerPort: 80, servicePort },
        { containerPort: 81, servicePort: 12_000 },
      ],
    },
  });

/** A folder for each, or one for both. */
const PAIRS = [
  { plain: '/team/shop', evil: '/evil/app' },
  { plain: '/shop', evil: '/evil' },
] as const;

const NAMES = [
  ...Object.values(APP_LABELS).map(({ name }) => `HAPROXY_${name}`),
  ...[0, 1].flatMap((index) => Object.values(PORT_LABELS).map(({ name }) => `HAPROXY_${index}_${name}`)),
  ...[...TEMPLATES_IN_LABELS].map((name) => name.replace('HAPROXY_', 'HAPROXY_0_')),
];

const examples = [...Object.values(APP_LABELS), ...Object.values(PORT_LABELS)].map(({ example }) => example);

/** What is the neighbour's, what a label takes, what it does not, and anything. */
const value = fc.oneof(
  fc.constantFrom(
    HOST,
    `${HOST},evil.acme.org`,
    'shop',
    '/shop',
    '/team/shop',
    'team_shop',
    'team_shop_10000',
    'shop_acme_org',
    String(PORT),
  ),
  fc.constantFrom(...examples),
  fc.tuple(fc.constantFrom(...HOSTILE), fc.constantFrom(...examples)).map(([hostile, example]) => hostile.of(example)),
  fc.constantFrom('true', 'tcp', 'http', '-5', '0', '80', '9090', '443', 'external', '*', 'ca-file /ca.pem verify required', 'no'),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

/** Some labels, as an app with all of them is mostly left out; or nearly all. */
const labels = fc
  .oneof(
    { weight: 4, arbitrary: fc.dictionary(fc.constantFrom(...NAMES), value, { maxKeys: 5 }) },
    fc.dictionary(fc.constantFrom(...NAMES), value, { minKeys: 20, maxKeys: NAMES.length, size: 'max' }),
  )
  .map((all): Readonly<Record<string, string>> => ({ HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: HOST, ...all }));

/** Whether the order of rules is meant: a path or a weight on a host of the neighbour's is marathon-lb's way, and is told as `shadowed`. */
const isOrdered = (name: string): boolean => /_(?:PATH|BACKEND_WEIGHT)$/.test(name);
const withoutOrder = (all: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(all).filter(([name]) => !isOrdered(name)));

/** Everything in a view that is the neighbour's: fragments with their sections, servers, lines of maps, and the https bind of its host. */
function partsOf({ document, services }: View, app: string) {
  const mine = ({ owner }: Fragment): boolean => owner.by === 'app' && owner.app === app;
  const of = ({ name, fragments }: Section): readonly string[] => fragments.filter(mine).map(({ text }) => `${name}: ${text}`);
  const names = services.flatMap(({ front }) => (front.app === app ? [front.name] : []));
  const ofHost = document.front.filter(({ name }) => / (?:shop|second)_acme_org$/.test(name));
  return {
    fragments: [...document.front, ...document.backends].flatMap(of),
    servers: document.backends
      .filter((one) => names.includes(one.backend))
      .flatMap(({ servers }) => [...servers.values()].map(({ text }) => text)),
    maps: Object.values(document.maps).flatMap((map) => [...map].filter(([, backend]) => names.includes(backend))),
    binds: ofHost.map(({ fragments }) => fragments[0]?.text),
  };
}

const SETTINGS = [
  { templateLabels: 'deny' },
  { templateLabels: 'safe', haproxyMap: false },
  { templateLabels: 'deny', groupHttpsByVhost: true },
  { templateLabels: 'deny', group: ['*'] },
] as const;

test.each(SETTINGS)(
  'whatever stands in all labels of an app, its neighbour has the same sections, binds, rules and lines of maps: %j',
  (given) => {
    const settings = 'group' in given ? { ...given, group: [...given.group] } : given;
    const property = fc.property(fc.constantFrom(...PAIRS), labels, fc.constantFrom(PORT, 11_000, 80), ({ plain, evil }, all, port) => {
      const derive = makeDeriver(settings);
      const before = absorb(EMPTY, readAt(1, plainApp(plain)));
      const alone = derive(before) as View;
      const state = absorb(before, { kind: 'serving', at: 1, holders: alone.holders });
      const beside = derive(absorb(state, readAt(2, plainApp(plain), evilApp(evil, withoutOrder(all), port)))) as View;
      expect(partsOf(beside, plain)).toEqual(partsOf(alone, plain));
      expect(beside.problems.filter(({ owner }) => owner.by === 'app' && owner.app === plain)).toEqual([]);
    });
    fc.assert(property, { numRuns: 200 });
  },
);
