#!/usr/bin/env node
// Sets up what `npm start` and `npm test` need in a fresh clone: packages, the build, HAProxy; and the programs that the words behind it name:
// `dig` is that and `host`, which the tests of the whole ask with, `patchelf` is for those with other releases, `image` for those of the container image. Does only what is missing.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const at = (...names) => path.join(ROOT, ...names);

// By word: programs, what they answer to, and Debian's packages of them.
const MORE = {
  dig: [
    ['dig', '-v', 'bind9-dnsutils'],
    ['host', '-V', 'bind9-host'],
  ],
  patchelf: [['patchelf', '--version', 'patchelf']],
  image: [
    ['debootstrap', '--version', 'debootstrap'],
    ['crun', '--version', 'crun'],
  ],
};

try {
  requireNode();
  installPackages();
  build();
  install({ program: 'haproxy', check: ['-v'], packages: ['haproxy'], wanted: 'HAProxy 2.6 or later' });
  for (const [program, check, own] of process.argv.slice(2).flatMap((word) => MORE[word] ?? []))
    install({ program, check: [check], packages: [own], wanted: `the program ${program}` });
} catch (error) {
  process.stderr.write(`setup: ${error.message}\n`);
  process.exitCode = 1;
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Error(`this is Node ${process.versions.node}, and 20.19 or later is needed: install it from nodejs.org or your distribution`);
}

function installPackages() {
  if (changed(at('node_modules', '.package-lock.json')) >= changed(at('package-lock.json'))) return;
  const quietly = ['--no-audit', '--no-fund', '--loglevel=error'];
  if (tryRun('npm', ['ci', ...quietly])) return;
  // A registry that lacks other platforms' packages fails `npm ci`, but not this.
  run('npm', ['install', '--no-save', ...quietly], 'the packages could not be installed: is the npm registry reachable?');
}

function build() {
  const inputs = [...filesBelow(at('src')), at('tsconfig.json'), at('package-lock.json')];
  if (changed(at('dist', 'main.js')) >= Math.max(...inputs.map(changed))) return;
  run(process.execPath, [at('node_modules', 'typescript', 'bin', 'tsc'), '-p', at('tsconfig.json')], 'the build failed');
  if (changed(at('dist', 'main.js')) === 0) throw new Error('the build made no dist/main.js');
}

/** From the distribution, where this is Debian or one of its kin and we may. */
function install({ program, check, packages, wanted }) {
  if (works(program, check)) return;
  const words = `install ${wanted} (on Debian and Ubuntu: apt-get install ${packages.join(' ')})`;
  if (!works('apt-get', ['--version']))
    throw new Error(`there is no ${program} on this machine, and no apt-get to install it with: ${words}`);
  if (process.getuid?.() !== 0)
    throw new Error(`there is no ${program} on this machine, and only root may install it: ${words}, or run this as root`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }; // it is not to be started as a service
  const all = ['install', '-y', '-qq', '--no-install-recommends', ...packages];
  process.stderr.write(`setup: apt-get install ${packages.join(' ')}\n`);
  if (spawnSync('apt-get', all, { stdio: 'ignore', env }).status === 0) return;
  run('apt-get', ['update', '-qq'], `apt-get update failed; ${words}`, env);
  run('apt-get', all, `apt-get could not install ${packages.join(' ')}; ${words}`, env);
}

function run(command, words, failure, env = process.env) {
  if (!tryRun(command, words, env)) throw new Error(failure);
}

function tryRun(command, words, env = process.env) {
  process.stderr.write(`setup: ${path.basename(command)} ${words.map((word) => path.basename(word)).join(' ')}\n`);
  return spawnSync(command, words, { cwd: ROOT, stdio: ['ignore', 2, 2], env }).status === 0;
}

function works(command, words) {
  return spawnSync(command, words, { stdio: 'ignore' }).status === 0;
}

/** When a file was written last, in milliseconds since 1970; 0 when it is not there. */
function changed(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0;
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}
