/**
 * The image, built from its Dockerfile without a container engine and tried in crun: the base systems come from Debian's packages and npm's.
 *
 *   npm run test:image                    builds and runs all rows
 *   npm run test:image -- --size FILE     builds another Dockerfile and says only how large it is
 *
 * Needs root, debootstrap and crun on a Debian on x86-64, and may make namespaces. What this machine does not allow is said as such.
 */
import { execa } from 'execa';
import path from 'node:path';
import { readStages, wordsOf } from './dockerfile.ts';
import { buildRoot } from './rootfs.ts';
import { tryRows } from './rows.ts';

const CACHE = path.resolve('node_modules/.cache/image');
const [mode = '', ...rest] = process.argv.slice(2);
if (mode === '--rows') {
  const [root = '', words = '[]'] = rest;
  process.exitCode = (await tryRows({ root, entry: JSON.parse(words) as string[] })) ? 0 : 1;
} else {
  const stages = await readStages(mode === '--size' ? (rest[0] ?? '') : 'Dockerfile');
  const root = await buildRoot(stages, { context: process.cwd(), cache: CACHE, name: mode === '--size' ? 'sized' : 'stage' });
  const { stdout } = await execa('du', ['-sm', '--apparent-size', root]);
  process.stdout.write(`the image's files are ${stdout.split('\t')[0] ?? '?'} MB\n`);
  const last = stages.at(-1);
  if (mode !== '--size' && last !== undefined) {
    // The rows run in a network of their own, where :80 and :9090 are free, and in mounts of their own: crun takes no mixture of control groups.
    const inside = 'ip link set lo up; umount -R /sys/fs/cgroup 2> /dev/null; mount -t cgroup2 none /sys/fs/cgroup; exec "$@"';
    const words = [...process.execArgv, process.argv[1] ?? '', '--rows', root, JSON.stringify(wordsOf(last, 'ENTRYPOINT'))];
    const { exitCode } = await execa('unshare', ['--net', '--mount', 'sh', '-c', inside, 'rows', process.execPath, ...words], {
      stdio: 'inherit',
      reject: false,
    });
    process.exitCode = exitCode ?? 1;
  }
}
