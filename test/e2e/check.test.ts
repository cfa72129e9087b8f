import { afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { needBuild, run, type Ended } from './command.ts';
import { endAll, makeFolder } from './ends.ts';
import { needHaproxy, type Ends } from './fixtures/stage.ts';

jest.setTimeout(180_000);

const ends: Ends = [];
beforeAll(needHaproxy);
beforeAll(needBuild);
afterEach(() => endAll(ends));

const check = (folder: string, ...words: readonly string[]): Promise<Ended> => run({ folder, ends, words: ['check', ...words] });

/** An app with a port of a web server. */
function app(id: string, labels: Readonly<Record<string, string>>): unknown {
  return { id, labels, container: { portMappings: [{ containerPort: 80 }] } };
}

test('definitions are checked by the label table and by the real HAProxy; each app hears its own', async () => {
  const folder = await makeFolder(ends);
  const apps = [
    app('/good', { HAPROXY_0_VHOST: 'good.acme.org', HAPROXY_0_SSL_CERT: '/etc/ssl/of-the-load-balancer.pem' }),
    app('/typo', { HAPROXY_0_VHOTS: 'typo.acme.org' }),
    app('/refused', { HAPROXY_0_VHOST: 'a.acme.org', HAPROXY_0_BACKEND_HTTP_OPTIONS: '  option nonsense\n' }),
    app('/refused-too', { HAPROXY_0_FRONTEND_HEAD: 'frontend {backend}\n  bind *:{servicePort}\n  nonsense\n' }),
  ];
  await writeFile(path.join(folder, 'apps.json'), JSON.stringify({ apps }));
  const found = await check(folder, 'apps.json');
  expect(found).toMatchObject({ code: 1, stderr: 'marathon-lb-ts: 3 problems were found\n' });
  expect(found.stdout).toContain('/good (apps.json): ok\n');
  expect(found.stdout).toMatch(/the nearest \w+ is HAPROXY_0_VHOST/);
  expect(found.stdout).toMatch(/\/refused \(apps\.json\): 1 problem\n {2}HAPROXY_0_BACKEND_HTTP_OPTIONS: .*unknown option 'nonsense'/);
  expect(found.stdout).toMatch(/\/refused-too \(apps\.json\): 1 problem\n {2}HAPROXY_0_FRONTEND_HEAD: .*unknown keyword 'nonsense'/);
  expect(found.stdout).toContain('note: the file /etc/ssl/of-the-load-balancer.pem is not on this machine');

  await writeFile(path.join(folder, 'good.json'), JSON.stringify(apps[0]));
  await expect(check(folder, 'good.json', '--haproxy-bin', 'no-haproxy')).resolves.toMatchObject({
    code: 0,
    stdout: expect.stringContaining("HAProxy was not asked: there is no program 'no-haproxy'"),
  });
  const printed = await check(folder, 'good.json', '--print', '--json');
  expect(JSON.parse(printed.stdout)).toMatchObject({ ok: true, rendered: expect.stringContaining('backend good_10000\n') });

  await writeFile(path.join(folder, 'domains.json'), JSON.stringify({ '/': ['*.other.org'] }));
  const denied = await check(folder, 'good.json', '--domains', 'domains.json');
  expect(denied).toMatchObject({ code: 1, stdout: expect.stringContaining('the apps of this folder may not claim good.acme.org') });
  await expect(check(folder, 'missing.json')).resolves.toMatchObject({ code: 2 });
  await expect(check(folder)).resolves.toMatchObject({ code: 2 });
});

test("an operator's templates are checked with example apps", async () => {
  const folder = await makeFolder(ends);
  const templates = path.join(folder, 'templates');
  await mkdir(templates);
  await expect(check(folder, '--templates', templates)).resolves.toMatchObject({ code: 0 });
  await writeFile(path.join(templates, 'HAPROXY_BACKEND_HTTP_OPTIONS'), '  reqadd X-Foo:\\ bar\n');
  await writeFile(path.join(templates, 'HAPROXY_BACKEND_SERVER_OPTIONS'), '  server {serverNam} {host_ipv4}:{port}\n');
  await writeFile(path.join(templates, 'HAPROXY_BACKEND_HEAD'), '  balance {balance}\n');
  await writeFile(path.join(templates, 'HAPROXY_BACKEND_HEDA'), '');
  await writeFile(
    path.join(templates, 'HAPROXY_HTTP_FRONTEND_HEAD.hbs'),
    'frontend marathon_http_in\n  bind {{bindAddr}}:{{port}}\n  mode http\n  option nonsense\n',
  );
  const { code, stdout } = await check(folder, '--templates', templates);
  expect(code).toBe(1);
  for (const words of [
    'write http-request add-header',
    "it has the placeholder 'serverNam'",
    "its first line is 'balance {balance}', but a line 'backend …' is wanted",
    'HAPROXY_BACKEND_HEDA is the name of no template',
    "the operator's template HAPROXY_HTTP_FRONTEND_HEAD: unknown option 'nonsense'",
  ])
    expect(stdout).toContain(words);
});
