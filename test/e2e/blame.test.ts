import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generate } from 'selfsigned';
import { findBlame, type BlameFinding } from '../../src/blame/blame.ts';
import { checkConfig } from '../../src/process/check-config.ts';
import { type Verdict } from '../../src/model/haproxy.ts';
import { describeBlame } from '../../src/blame/refusal-problems.ts';
import { ownerKey, ownersIn } from '../../src/blame/app-owners.ts';
import { mapText, textOf } from '../../src/haproxy/file-text.ts';
import { withoutServices } from '../../src/blame/without-services.ts';
import { loadMiddle } from '../../src/daemon/load-derive.ts';
import type { Document } from '../../src/model/document.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import { decodeAll, EMPTY, served, settingsWith } from '../golden/cases.ts';
import { endAll, makeFolder } from './ends.ts';
import { needHaproxy, type Ends } from './fixtures/stage.ts';
import { RELEASE } from './release.ts';

jest.setTimeout(120_000);

const ends: Ends = [];
const place = { folder: '', certificate: '' };

beforeAll(needHaproxy);
beforeAll(async () => {
  place.folder = await makeFolder(ends);
  place.certificate = path.join(place.folder, 'cert.pem');
  const { cert, private: key } = await generate([{ name: 'commonName', value: '*' }], { keySize: 2048, algorithm: 'sha256' });
  await writeFile(place.certificate, `${cert.trim()}\n${key.trim()}\n`);
});
afterAll(() => endAll(ends));

type Labels = Readonly<Record<string, string>>;

/** App i with a virtual host, a port of its own, basic auth where i is 7, and these labels. */
function makeApp(i: number, labels: Labels = {}): unknown {
  const port = 20_000 + i;
  return {
    id: `/team/app-${i}`,
    instances: 1,
    labels: {
      HAPROXY_GROUP: 'external',
      HAPROXY_0_VHOST: `app-${i}.acme.org`,
      ...(i === 7 && { HAPROXY_0_AUTH: 'realm:joe:$6$abcdefgh$abc' }),
      ...labels,
    },
    container: { type: 'DOCKER', docker: { network: 'BRIDGE', portMappings: [{ containerPort: 80, hostPort: 0, servicePort: port }] } },
    tasks: [
      {
        id: `app-${i}.1`,
        appId: `/team/app-${i}`,
        host: '127.0.0.1',
        ports: [31_000],
        state: 'TASK_RUNNING',
        startedAt: '2026-01-01T00:00:00Z',
      },
    ],
  };
}

const STATS = 'listen stats\n  bind *:9090\n';

/** The document of apps with these labels, by number, and with these templates of the operator's. */
async function render(count: number, bad: Readonly<Record<number, Labels>>, env: Labels = {}): Promise<Document> {
  const folder = await mkdtemp(path.join(place.folder, 'estate-'));
  const settings = settingsWith({ haproxyConfig: path.join(folder, 'haproxy.cfg'), haproxyMap: true });
  const derive = await loadMiddle({ settings, env });
  const { apps, problems } = decodeAll(Array.from({ length: count }, (_, i) => makeApp(i, bad[i])));
  expect(problems).toEqual([]);
  const view = derive(
    absorb({ ...EMPTY, release: RELEASE, certificates: served(place.certificate) }, { kind: 'apps', at: 0, sentAt: 0, apps, problems: [] }),
  );
  if (view === undefined) throw new Error('no view');
  folders.set(view.document, folder);
  return view.document;
}

const folders = new WeakMap<Document, string>();

/** Asks the real HAProxy, in the folder that the document's maps are named in, and counts. */
function asking(of: Document) {
  const folder = folders.get(of) ?? place.folder;
  const count = { runs: 0 };
  const check = async (one: Document): Promise<Verdict> => {
    count.runs++;
    await writeFile(path.join(folder, 'haproxy.cfg'), [...textOf(one)].join(''));
    for (const [file, map] of Object.entries(one.maps)) await writeFile(path.join(folder, file), mapText(map));
    return checkConfig('haproxy', path.join(folder, 'haproxy.cfg'));
  };
  return { check, count };
}

/** Who is left out, pass after pass, until HAProxy takes the rest, or the operator is at fault; with all runs of `haproxy -c`. */
async function settle(document: Document) {
  const { check, count } = asking(document);
  const out = new Set<string>();
  const findings: BlameFinding[] = [];
  for (let pass = 0; pass < 10; pass++) {
    const now = withoutServices(document, out);
    const verdict = await check(now);
    if (verdict.ok) return { out, findings, runs: count.runs, taken: now };
    const finding = await findBlame({ document: now, good: undefined, lines: verdict.lines, check });
    findings.push(finding);
    for (const { owner } of finding.blamed) out.add(ownerKey(owner));
    if (finding.blamed.length === 0) break;
  }
  return { out, findings, runs: count.runs, taken: undefined };
}

const HEAD = 'backend {backend}\n  balance {balance}\n  mode {mode}\n';
const RULE = '  acl own hdr(host) own.acme.org\n  use_backend {backend} if own\n';
const options = (line: string): Labels => ({ HAPROXY_0_BACKEND_HTTP_OPTIONS: `  option forwardfor\n  ${line}\n` });
const server = (words: string): Labels => ({ HAPROXY_0_BACKEND_SERVER_OPTIONS: `  server {serverName} {host_ipv4}:{port} ${words}\n` });
const frontend = (bind: string): Labels => ({ HAPROXY_0_FRONTEND_HEAD: `frontend {backend}\n  bind ${bind}\n  mode http\n` });
const FRONTEND = '\nfrontend {backend}\n  # ours\n  bind {bindAddr}:{servicePort}{sslCert}{bindOptions}\n  mode {mode}\n';
const rule = (line: string): Labels => ({ HAPROXY_0_HTTP_FRONTEND_ACL: `${RULE}  ${line}\n` });

test('1,000 apps with 5 bad ones: they are named, and HAProxy takes the other 995, in at most 4 runs', async () => {
  const bad: Readonly<Record<number, Labels>> = {
    11: options('nonsense on stilts'),
    222: frontend('*:20222 nosuchword'),
    333: server('nosuchoption'),
    444: { HAPROXY_0_BACKEND_HEAD: HEAD.replace('{balance}', 'perhaps') },
    555: rule('use_backend nowhere if own'),
  };
  const { out, findings, runs, taken } = await settle(await render(1000, bad));
  expect([...out].sort()).toEqual(Object.keys(bad).map((i) => `/team/app-${i} 0`));
  expect(runs).toBeLessThanOrEqual(4);
  expect(ownersIn(taken as Document)).toHaveLength(995);
  expect(findings.flatMap(({ operator, unknown }) => [...operator, ...unknown])).toEqual([]);
  const problems = findings.flatMap((finding) => describeBlame(finding));
  for (const [i, labels] of Object.entries(bad)) {
    const [label] = Object.keys(labels);
    expect(problems).toContainEqual(
      expect.objectContaining({ code: 'refused-by-haproxy', owner: { by: 'app', app: `/team/app-${i}`, index: 0 }, label }),
    );
  }
  expect(problems.map(({ message }) => message)).toContain(
    "HAProxy does not accept HAPROXY_BACKEND_HTTP_OPTIONS of /team/app-11, port 0: unknown keyword 'nonsense' in 'backend' section, in the line 'nonsense on stilts'",
  );
});

describe('a bad label is found by what HAProxy says, without another run', () => {
  test.each<[string, Labels, string]>([
    ['an unknown keyword', options('nonsense'), 'nonsense'],
    ['an unknown option', options('option httplogg'), 'option httplogg'],
    ['a rule with an unknown condition', options('http-request deny if nosuch'), 'http-request deny if nosuch'],
    ['an unknown action', options('http-request frobnicate'), 'http-request frobnicate'],
    ['a bad regular expression', options("http-request replace-path '(' x"), "http-request replace-path '(' x"],
    ['an unknown fetch in a log format', options('http-request set-header X %[nosuch]'), 'http-request set-header X %[nosuch]'],
    ['an unmatched quote', options('http-request set-header X "abc'), 'http-request set-header X "abc'],
    ['an unmatched brace', options('http-request set-header X "${abc"'), 'http-request set-header X "${abc"'],
    ['too many words', options(`acl a hdr(host)${' h'.repeat(100)}`), `acl a hdr(host)${' h'.repeat(100)}`],
    ['an unknown userlist', options('acl a http_auth(nolist)'), 'acl a http_auth(nolist)'],
    ['an unknown table', options('http-request track-sc0 src table nolist'), 'http-request track-sc0 src table nolist'],
    ['a table of none', options('stick on src table nolist'), 'stick on src table nolist'],
    ['an unknown server', options('use-server nosuch if TRUE'), 'use-server nosuch if TRUE'],
    ['an unknown cache', options('http-request cache-use nosuch'), 'http-request cache-use nosuch'],
    ['an unknown section of errors', options('errorfiles nosuch'), 'errorfiles nosuch'],
    ['a file that is missing', options('errorfile 503 /nowhere/503.http'), 'errorfile 503 /nowhere/503.http'],
    [
      'an unknown mailer',
      options('email-alert mailers nosuch\n  email-alert from a@b\n  email-alert to a@b'),
      'email-alert mailers nosuch',
    ],
    ['an unknown application', options('use-fcgi-app nosuch'), 'use-fcgi-app nosuch'],
    ['a global setting that is not there', options('option external-check'), 'option external-check'],
    ['a bad time', options('timeout server forever'), 'timeout server forever'],
    ['a bad default for servers', options('default-server nosuch'), 'default-server nosuch'],
    ['a name of a bind that can not be', frontend('*:99999'), 'bind *:99999'],
    ['a certificate that is missing', frontend('*:20003 ssl crt /nowhere/x.pem'), 'bind *:20003 ssl crt /nowhere/x.pem'],
    ['a bind with ssl and no certificate', frontend('*:20003 ssl'), 'bind *:20003 ssl'],
    ['no default backend', { HAPROXY_0_FRONTEND_BACKEND_GLUE: '  default_backend nowhere\n' }, 'default_backend nowhere'],
    ['a bad interval', server('check inter xx'), 'server 127_0_0_1_31000 127.0.0.1:31000 check inter xx'],
    ['tls without verify', server('ssl'), 'server 127_0_0_1_31000 127.0.0.1:31000 ssl'],
    ['unknown resolvers', server('resolvers nosuch'), 'server 127_0_0_1_31000 127.0.0.1:31000 resolvers nosuch'],
    ['a check that tracks nobody', server('track no/body'), 'server 127_0_0_1_31000 127.0.0.1:31000 track no/body'],
    ['a bad weight', server('weight 1000'), 'server 127_0_0_1_31000 127.0.0.1:31000 weight 1000'],
    ['an unknown mode', { HAPROXY_0_BACKEND_HEAD: HEAD.replace('{mode}', 'perhaps') }, 'mode perhaps'],
    ['a rule with an unknown acl', rule('use_backend {backend} if nosuch'), 'use_backend team_app-3_20003 if nosuch'],
    ['an acl with an unknown fetch', rule('acl x nosuch(host) a'), 'acl x nosuch(host) a'],
    ['a backend that counts another', rule('acl x nbsrv(nowhere) lt 1'), 'acl x nbsrv(nowhere) lt 1'],
    [
      'a bad user',
      { HAPROXY_0_AUTH: 'realm:joe:x', HAPROXY_0_USERLIST_HEAD: 'userlist user_{backend}\n  user {user} nonsense x\n' },
      'user joe nonsense x',
    ],
    [
      'a user of no group',
      { HAPROXY_0_AUTH: 'realm:joe:x', HAPROXY_0_USERLIST_HEAD: 'userlist user_{backend}\n  user {user} password x groups none\n' },
      'user joe password x groups none',
    ],
  ])('%s', async (_, labels, line) => {
    const { out, findings, runs } = await settle(await render(9, { 3: labels }));
    expect([...out]).toEqual(['/team/app-3 0']);
    expect(findings[0]?.blamed[0]).toMatchObject({ label: Object.keys(labels).at(-1), line });
    expect(findings).toHaveLength(1);
    expect(runs).toBe(2);
  });

  test('a tcp backend behind an http rule: the rule is no fault', async () => {
    const { out, runs } = await settle(await render(9, { 3: { HAPROXY_0_BACKEND_HEAD: 'backend {backend}\n  mode tcp\n', ...rule('') } }));
    expect([...out]).toEqual(['/team/app-3 0']);
    expect(runs).toBe(2);
  });
});

test('values of labels in a common template: the app is found, and the template is not at fault', async () => {
  for (const at of [0, 5]) {
    const { out, findings } = await settle(await render(9, { [at]: { HAPROXY_0_BIND_OPTIONS: 'ssl crt /nowhere/x.pem' } }));
    expect([...out]).toEqual([`/team/app-${at} 0`]);
    expect(findings[0]?.operator).toEqual([]);
  }
});

describe("an operator's template", () => {
  test.each<[string, Labels, number]>([
    ['a line that HAProxy reads on behind', { HAPROXY_BACKEND_HTTP_OPTIONS: '  nonsense\n' }, 9],
    ['the same in more apps than HAProxy tells of', { HAPROXY_BACKEND_HTTP_OPTIONS: '  nonsense\n' }, 120],
    ['a rule at which HAProxy ends', { HAPROXY_BACKEND_HTTP_OPTIONS: '  http-request deny if nosuch\n' }, 9],
    ['a head of backends', { HAPROXY_BACKEND_HEAD: '\nbackend {backend}\n  balance perhaps\n  mode {mode}\n' }, 9],
    [
      'the shared frontend',
      { HAPROXY_HTTP_FRONTEND_HEAD: '\nfrontend marathon_http_in\n  bind {bindAddr}:{port} nosuch\n  mode http\n' },
      9,
    ],
    ['a shared frontend with a bad name', { HAPROXY_HTTP_FRONTEND_HEAD: '\nfrontend a/b\n  bind *:80\n  mode http\n' }, 9],
    ['the head', { HAPROXY_HEAD: `global\n  nosuch\ndefaults\n  mode http\n${STATS}` }, 9],
    ['a macro that does not end', { HAPROXY_HEAD: `global\n  .if 1\ndefaults\n  mode http\n  timeout client 3s\n${STATS}` }, 9],
  ])('%s: that is said, and no app is blamed', async (_, env, count) => {
    const { out, findings, runs } = await settle(await render(count, {}, env));
    expect([...out]).toEqual([]);
    expect(findings).toHaveLength(1);
    expect(findings[0]?.operator).toHaveLength(1);
    expect(findings[0]?.operator[0]).toMatch(/operator's template/);
    expect(runs).toBeLessThanOrEqual(2);
  });

  test.each<[string, Labels, Labels]>([
    ['a line of its own', { HAPROXY_BACKEND_STICKY_OPTIONS: '  nonsense\n' }, { HAPROXY_0_STICKY: 'true' }],
    [
      'a line with a placeholder',
      { HAPROXY_HTTP_BACKEND_NETWORK_ALLOWED_ACL: '  acl network_allowed sauce {network_allowed}\n' },
      { HAPROXY_0_BACKEND_NETWORK_ALLOWED_ACL: '10.0.0.0/8' },
    ],
  ])('that one app alone has, %s: that is said, and no app is blamed', async (_, env, labels) => {
    const { out, findings, runs } = await settle(await render(9, { 3: labels }, env));
    expect([...out]).toEqual([]);
    expect(findings[0]?.operator).toHaveLength(1);
    expect(findings[0]?.operator[0]).toMatch(/operator's template .* as \/team\/app-3, port 0 uses it/);
    expect(runs).toBeLessThanOrEqual(3);
  });

  test('that one app alone has, and the value that the app places in it is bad: the app is to blame', async () => {
    const env = {
      HAPROXY_USERLIST_HEAD: 'userlist user_{backend}\n  # ours\n  user {user} password {passwd}\n',
      HAPROXY_FRONTEND_HEAD: FRONTEND,
    };
    const { out, findings } = await settle(await render(1, { 0: { HAPROXY_0_BIND_OPTIONS: 'ssl crt /nowhere/x.pem' } }, env));
    expect([...out]).toEqual(['/team/app-0 0']);
    expect(findings[0]?.operator).toEqual([]);
  });

  test('and a bad app beside it: both are told', async () => {
    const { out, findings } = await settle(
      await render(9, { 3: frontend('*:20003 nosuch') }, { HAPROXY_BACKEND_HTTP_OPTIONS: '  nonsense\n' }),
    );
    expect([...out]).toEqual(['/team/app-3 0']);
    expect(findings.at(-1)?.operator).toHaveLength(1);
  });
});
