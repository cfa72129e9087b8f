import { expect, test } from '@jest/globals';
import { BindsTaken } from '../../src/process/taken-binds.ts';
import { ReloadRefused, type Verdict } from '../../src/model/haproxy.ts';
import type { CandidateRefusal } from '../../src/drive/dependencies.ts';
import { makeBlaming } from '../../src/daemon/open-blame.ts';
import { textOf } from '../../src/haproxy/file-text.ts';
import type { News } from '../../src/model/news.ts';
import { DEFAULTS, templatesWith } from '../haproxy/make.ts';
import { makeDeriver } from '../golden/cases.ts';
import { nginx, read, readAt, Story, task, type Json } from './cluster.ts';
import { now } from '../../src/lib/clock.ts';

const nothing = (): void => undefined;
const LOG = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** What follows from a refusal of the tutorial's app beside nothing else. */
async function refuse(
  refusalOf: CandidateRefusal | ((config: string) => CandidateRefusal),
  fingerprint = 'some',
  answer?: Verdict,
  app = nginx([task(1)]),
  story = Story.begin(),
) {
  const view = story.tell(read(app));
  const told: News[] = [];
  const check = (): Promise<Verdict> =>
    answer === undefined ? Promise.reject(new Error('nobody is asked about a reload')) : Promise.resolve(answer);
  const { refused } = makeBlaming({
    now,
    files: { check, fingerprint: () => Promise.resolve(fingerprint) },
    file: '/etc/haproxy/haproxy.cfg',
    tell: (news) => told.push(news),
    viewOf: () => view,
    refusePems: () => Promise.resolve(false),
    log: LOG,
  });
  const refusal = typeof refusalOf === 'function' ? refusalOf([...textOf(view.document)].join('')) : refusalOf;
  const consequence = await refused(refusal, view.document, undefined);
  return { consequence, told };
}

const reload = (hasEnded: boolean, ...lines: readonly string[]): CandidateRefusal => ({
  error: new ReloadRefused(`HAProxy refused the reload: ${lines.join(' | ')}`, ['[NOTICE] (7) : New worker', ...lines]),
  hasEnded,
});

test('binds that are taken: all are told, whoever they are of', async () => {
  const binds = [80, 10000].map((port) => ({ address: '*', port, why: `*:${port} is taken` }));
  const { consequence, told } = await refuse({ error: new BindsTaken(binds), hasEnded: false });
  expect([consequence, told]).toEqual(['another', [expect.objectContaining({ kind: 'taken', binds })]]);
});

const CHROOT = '[ALERT]    (7) : [haproxy.main()] Cannot chroot(/nowhere).';

test.each([false, true])(
  "the operator's fault that shows only at the reload is told with HAProxy's words, and not tried again; HAProxy ended: %s",
  async (hasEnded) => {
    const { consequence, told } = await refuse(reload(hasEnded, CHROOT));
    expect(consequence).toBe('never');
    expect(told).toMatchObject([
      {
        kind: 'refused',
        quarantined: [],
        problems: [{ code: 'refused-by-haproxy', owner: { by: 'operator' }, message: expect.stringContaining('Cannot chroot(/nowhere)') }],
      },
    ]);
  },
);

test('a port that HAProxy found in use at the reload: it is taken, and whose it is has no other fault; not one that it has itself', async () => {
  const line = '[ALERT] (7) : Binding [/etc/haproxy.cfg:9] for frontend f: cannot bind socket (Address already in use) for';
  const { consequence, told } = await refuse(reload(false, `${line} [0.0.0.0:80]`, `${line} [0.0.0.0:10000]`));
  expect([consequence, told]).toMatchObject([
    'another',
    [
      {
        kind: 'taken',
        binds: [
          { address: '*', port: 80, why: expect.stringContaining('*:80 is taken') },
          { address: '*', port: 10000 },
        ],
      },
    ],
  ]);
  const elsewhere = await refuse(reload(false, `${line} [10.9.9.9:80]`));
  expect(elsewhere).toEqual({ consequence: 'later', told: [] });
});

test.each([
  ['[ALERT] (7) : Starting frontend marathon_http_in: cannot bind socket (Cannot assign requested address) for [0.0.0.0:80]'],
  ['[ALERT] (7) : [/usr/sbin/haproxy.main()] Cannot raise FD limit to 4123, limit is 1024.'],
  ['HAProxy did not confirm within 20000 ms that it serves'],
])('what time may heal is tried again, and no Problem: %s', async (line) => {
  await expect(refuse(reload(false, line))).resolves.toEqual({ consequence: 'later', told: [] });
});

test.each([
  ['nothing', new Error('HAProxy ended at the reload')],
  [
    'only that its worker was killed',
    new ReloadRefused('HAProxy ended at the reload', [
      '[ALERT]    (7) : Current worker (9) exited with code 137 (Killed)',
      '[ALERT]    (7) : exit-on-failure: killing every processes with SIGTERM',
    ]),
  ],
])('what ended HAProxy, which says %s, is tried once more, because somebody may have killed it, and no third time', async (_, error) => {
  const view = Story.begin().tell(read(nginx([task(1)])));
  const told: News[] = [];
  const { refused } = makeBlaming({
    now,
    files: { check: () => Promise.resolve({ ok: true }), fingerprint: () => Promise.resolve('some') },
    file: '/etc/haproxy/haproxy.cfg',
    tell: (news) => told.push(news),
    viewOf: () => view,
    refusePems: () => Promise.resolve(false),
    log: LOG,
  });
  const refuseIt = () => refused({ error, hasEnded: true }, view.document, undefined);
  await expect(refuseIt()).resolves.toBe('later');
  expect(told).toEqual([]);
  await expect(refuseIt()).resolves.toBe('never');
  expect(told).toMatchObject([
    { problems: [{ owner: { by: 'operator' }, message: expect.stringContaining('HAProxy ended at the reload') }] },
  ]);
});

test('an app that the words of the reload name is left out', async () => {
  const { consequence, told } = await refuse((config) => {
    const line = config.split('\n').indexOf('  bind *:10000') + 1;
    return reload(
      false,
      `[ALERT] (7) : Binding [/etc/haproxy/haproxy.cfg:${line}] for frontend nginx_10000: cannot bind socket (Permission denied)`,
    );
  });
  expect(consequence).toBe('another');
  expect(told).toMatchObject([{ kind: 'refused', problems: [], quarantined: [{ app: '/nginx', index: 0 }] }]);
});

test('of a deployment group the app that Marathon has is named, as owner and in the sentence', async () => {
  const blue = nginx([task(1)], {
    id: '/nginx-blue',
    labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: 'mytask.acme.org', HAPROXY_DEPLOYMENT_GROUP: 'nginx' },
  });
  const words = (config: string): CandidateRefusal => {
    const line = config.split('\n').indexOf('  bind *:10000') + 1;
    return reload(
      false,
      `[ALERT] (7) : Binding [/etc/haproxy/haproxy.cfg:${line}] for frontend nginx_10000: cannot bind (Permission denied)`,
    );
  };
  const { told } = await refuse(words, 'some', undefined, blue);
  const problem = { owner: { by: 'app', app: '/nginx-blue', index: 0 }, message: expect.stringContaining(' /nginx-blue, port 0: ') };
  expect(told).toMatchObject([{ quarantined: [{ app: '/nginx', index: 0, problems: [problem] }] }]);
});

test('a port that is refused for what it makes together with another one is tried again when one of them changes or goes', async () => {
  const story = Story.begin();
  const of = (id: string, n: number, labels = {}): Json =>
    nginx([task(n)], {
      id,
      labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: `${id.slice(1)}.acme.org`, ...labels },
      container: { portMappings: [{ containerPort: 80, servicePort: 10_000 + n }] },
    });
  const view = story.tell(readAt(1, of('/one', 1), of('/two', 2)));
  const lines = [...textOf(view.document)].join('').split('\n');
  const at = (text: string): string => `/etc/haproxy/haproxy.cfg:${lines.indexOf(text) + 1}`;
  const told: News[] = [];
  const { refused } = makeBlaming({
    now,
    files: { check: () => Promise.resolve({ ok: true }), fingerprint: () => Promise.resolve('some') },
    file: '/etc/haproxy/haproxy.cfg',
    tell: (news) => told.push(news),
    viewOf: () => view,
    refusePems: () => Promise.resolve(false),
    log: LOG,
  });
  const words = `[ALERT] (7) : config : parsing [${at('  bind *:10002')}] : it does not fit (declared at ${at('  bind *:10001')})`;
  await refused({ lines: [words] }, view.document, undefined);
  const services = (...news: readonly News[]): readonly string[] => story.tell(...news).services.map(({ front }) => front.app);
  expect(told).toMatchObject([
    {
      quarantined: [
        { app: '/two', beside: [{ app: '/one', index: 0 }], problems: [{ hint: expect.stringContaining('or those of /one') }] },
      ],
    },
  ]);
  expect(services(...told)).toEqual(['/one']);
  expect(services(readAt(2, of('/one', 1), of('/two', 2)))).toEqual(['/one']);
  expect(services(readAt(3, of('/one', 1, { HAPROXY_0_BALANCE: 'leastconn' }), of('/two', 2)))).toEqual(['/one', '/two']);
  expect(services(readAt(4, of('/one', 1), of('/two', 2)))).toEqual(['/one']);
  expect(services(readAt(5, of('/two', 2)))).toEqual(['/two']);
});

const HEAD_LINE = { ok: false, lines: ['[ALERT] (7) : config : parsing [/etc/haproxy/haproxy.cfg:2] : unknown keyword'] } as const;
const HEAD = { text: `${DEFAULTS.get('HAPROXY_HEAD') ?? ''}# the operator's\n`, language: 'handlebars', from: 'HAPROXY_HEAD.hbs' } as const;

/** A load balancer whose operator has a head of his own. */
const withHead = (): Story => new Story(makeDeriver({}, templatesWith({ HAPROXY_HEAD: HEAD })));
const STANDS_IN = expect.stringContaining('the default template is used in its place');
const BY_OPERATOR = { code: 'refused-by-haproxy', owner: { by: 'operator' } } as const;
const headDefaulted = (message: unknown) => [
  'another',
  [
    {
      kind: 'refused',
      problems: [],
      quarantined: [],
      defaulted: { templates: ['HAPROXY_HEAD'], problems: [{ ...BY_OPERATOR, message, hint: STANDS_IN }] },
    },
  ],
];

test("an operator's template that is refused before HAProxy has taken anything: the default one is tried, and the Problem says so", async () => {
  const { consequence, told } = await refuse(HEAD_LINE, 'none', HEAD_LINE, undefined, withHead());
  expect([consequence, told]).toMatchObject(headDefaulted(expect.stringContaining('HAPROXY_HEAD: unknown keyword')));
});

test("an operator's template that is refused where a configuration is in place: that one stays, and no default is tried", async () => {
  const { consequence, told } = await refuse(HEAD_LINE, 'some', HEAD_LINE, undefined, withHead());
  const hint = expect.stringContaining('the previous configuration stays in place');
  expect([consequence, told]).toMatchObject(['never', [{ kind: 'refused', problems: [{ hint }] }]]);
  expect(told[0]).not.toHaveProperty('defaulted');
});

test("what is refused at the very first start, and does not come from a template of the operator's, says that nothing is served", async () => {
  const odd = { ok: false, lines: ['[ALERT] (7) : config : something odd'] } as const;
  for (const { told } of [await refuse(odd, 'none', odd), await refuse(HEAD_LINE, 'none', HEAD_LINE)]) {
    expect(told).toMatchObject([{ kind: 'refused', problems: [{ hint: expect.stringContaining('so nothing is served') }] }]);
  }
});

const first = (...lines: readonly string[]): CandidateRefusal => ({ ...reload(false, ...lines), isFirst: true });
const STATS_SOCKET = '[ALERT] (7) : Binding [/etc/haproxy/haproxy.cfg:2] for frontend GLOBAL: cannot bind UNIX socket [/nowhere/x.sock]';

test.each([
  ['a chroot', CHROOT],
  ['a socket', STATS_SOCKET],
  ['a limit', '[ALERT] (7) : [haproxy.main()] Cannot raise FD limit to 900000000, limit is 20000.'],
])("an operator's head with which HAProxy does not start: %s; the default one is tried", async (_, line) => {
  const { consequence, told } = await refuse(first(line), 'some', undefined, undefined, withHead());
  expect([consequence, told]).toMatchObject(headDefaulted(expect.stringMatching(/HAPROXY_HEAD, and names no line of it: /)));
});

test.each([
  ['at a reload, or where HAProxy has confirmed a configuration before', reload(false, CHROOT), withHead(), 'never'],
  ['with the default head', first(CHROOT), Story.begin(), 'never'],
  ["an address of a port's", first(`[ALERT] (7) : Starting frontend x: cannot bind socket for [10.9.9.9:80]`), withHead(), 'later'],
] as const)('no default stands in for the head: %s', async (_, refusal, story, consequence) => {
  const found = await refuse(refusal, 'some', undefined, undefined, story);
  expect(found.consequence).toBe(consequence);
  expect(found.told.filter((news) => 'defaulted' in news)).toEqual([]);
});
