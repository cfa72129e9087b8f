import { expect, jest, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { terminalsOf } from '../docs/console.ts';
import { clusters, type Cluster } from './cluster.ts';
import { run, type Ended } from './command.ts';
import { HOST, OTHER_HOST } from './tasks.ts';

jest.setTimeout(180_000);

const makeCluster = clusters();

const diff = ({ words, folder, ends }: Cluster, ...more: readonly string[]): Promise<Ended> =>
  run({ folder, ends, words: ['diff', ...words(...more)] });

/** A line of the output without what is another in each run: numbers, and where the file is. */
function shapeOf(line: string): string {
  return line
    .replaceAll(/(?:\/[\w.-]+)+\/haproxy\.cfg/g, 'FILE')
    .replaceAll(/HAProxy [\d.]+\S*/g, 'HAProxy X')
    .replace(/(?<=frontend \S+)-in$/, '') // from HAProxy 3.3 on
    .replaceAll(/\d+/g, '0');
}

test('nothing would change after a pass; then a task, an app, a host and a bad label do; and against a file of marathon-lb', async () => {
  const cluster = await makeCluster();
  const { marathon, folder, once, deploy, addTask, app, otherApp, ports } = cluster;
  await deploy();
  await expect(diff(cluster)).resolves.toMatchObject({ code: 2, stderr: expect.stringContaining("haproxy.cfg can't be read") });
  await expect(once()).resolves.toMatchObject({ code: 0 });
  const same = await diff(cluster);
  expect(same).toMatchObject({ code: 0, stderr: '' });
  expect(same.stdout).toContain('nothing would change against ');

  await addTask(app.id, '127.50.0.71');
  marathon.deploy({ ...otherApp, labels: { ...otherApp.labels, HAPROXY_0_VHOTS: 'x' } });
  await addTask(otherApp.id, '127.50.0.72');
  const changed = await diff(cluster);
  expect(changed).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^marathon-lb-ts: what would be rendered now differs from .+haproxy\.cfg: .+ standard output\n$/),
  });
  expect(changed.stdout).toContain(`    + server 127.50.0.71:${ports.container}\n`);
  expect(changed.stdout).toContain(`  backend other_${ports.other} is added\n    bound on 127.0.0.1:${ports.other}\n`);
  expect(changed.stdout).toContain(`  http://${OTHER_HOST}/: other_${ports.other}, before nothing\n`);
  expect(changed.stdout).toContain(`  https://${OTHER_HOST}/: other_${ports.other}, before nothing\n`);
  expect(changed.stdout).toMatch(/commands, at once\n {2}server-added /);
  expect(changed.stdout).toContain(`a reload\n`);
  expect(changed.stdout).toContain(`  backend-new other_${ports.other}\n`);
  expect(changed.stdout).toContain('HAPROXY_0_VHOTS');
  const shown = terminalsOf('docs/diff.md').flatMap((terminal) => terminal.shown.flatMap(({ output }) => output.slice(0, -1).map(shapeOf)));
  expect(shown.length).toBeGreaterThan(10);
  expect(changed.stdout.split('\n').map(shapeOf)).toEqual(expect.arrayContaining(shown));
  const json = JSON.parse((await diff(cluster, '--json')).stdout) as { readonly apps: readonly { readonly app: string }[] };
  expect(json.apps.map((one) => one.app)).toEqual([app.id, otherApp.id]);

  const name = `nginx_${ports.service}`;
  await writeFile(
    path.join(folder, 'old.cfg'),
    [
      'global\n  daemon\n',
      `frontend marathon_http_in\n  bind *:80\n  mode http\n  acl host_mytask hdr(host) -i ${HOST}\n  acl path_old path_beg /old\n`,
      `  use_backend gone_1 if host_mytask path_old\n  use_backend ${name} if host_mytask\n`,
      `frontend ${name}\n  bind *:${ports.service}\n  mode http\n  use_backend ${name}\n`,
      `backend gone_1\n  mode http\n  server a 10.0.0.1:80\n`,
      `backend ${name}\n  balance roundrobin\n  mode http\n  server b 10.0.0.2:80\n`,
    ].join('\n'),
  );
  const old = await diff(cluster, '--config', 'old.cfg');
  expect(old.code).toBe(1);
  expect(old.stdout).toContain('what would change against old.cfg:\n');
  expect(old.stdout).toContain(`  http://${HOST}/old: ${name}, before gone_1\n`);
  expect(old.stdout).toContain('no app any more\n  backend gone_1 is removed\n');
  expect(old.stdout).toContain('    - server 10.0.0.2:80\n');
  expect(old.stdout).not.toContain('a reload');

  const rule = 'use_backend %[req.hdr(host),lower,map(/marathon-lb/gone.map)]';
  await writeFile(path.join(folder, 'mapped.cfg'), `frontend marathon_http_in\n  bind *:80\n  mode http\n  ${rule}\n`);
  const mapped = await diff(cluster, '--config', 'mapped.cfg');
  expect(mapped).toMatchObject({ code: 2, stdout: '' });
  expect(mapped.stderr).toContain('the map file /marathon-lb/gone.map, which is neither there nor at gone.map');
  await expect(run({ folder, ends: cluster.ends, words: ['diff'] })).resolves.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--group is missing'),
  });
});
