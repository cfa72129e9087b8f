#!/usr/bin/env node
// Installs what `npm start` and `npm test` need in a fresh clone, as far as it is missing: npm packages, the build, and HAProxy. Arguments name more
// programs: `dig` (dig and host) and `chromium` for the end-to-end tests, `patchelf` for the tests with other releases of HAProxy, and `image`
// (debootstrap and crun) for the tests of the container image, and `packages` (promtool and others) for those of what is in packaging/.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const at = (...names) => path.join(ROOT, ...names);

// By argument: each program, a flag that it answers with exit code 0, and its Debian package.
const MORE = {
  dig: [
    ['dig', '-v', 'bind9-dnsutils'],
    ['host', '-V', 'bind9-host'],
  ],
  chromium: [['chromium', '--version', 'chromium']],
  patchelf: [['patchelf', '--version', 'patchelf']],
  image: [
    ['debootstrap', '--version', 'debootstrap'],
    ['crun', '--version', 'crun'],
  ],
  packages: [
    ['debootstrap', '--version', 'debootstrap'],
    ['dpkg-deb', '--version', 'dpkg'],
    ['promtool', '--version', 'prometheus'],
    ['systemd-analyze', '--version', 'systemd'],
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
  throw new Error(`this is Node ${process.versions.node}, but 20.19 or later is needed: install it from nodejs.org or your distribution`);
}

function installPackages() {
  if (changed(at('node_modules', '.package-lock.json')) >= changed(at('package-lock.json'))) return;
  const quietly = ['--no-audit', '--no-fund', '--loglevel=error'];
  if (tryRun('npm', ['ci', ...quietly])) return;
  // `npm ci` fails with a registry that lacks the packages for other platforms; `npm install` does not.
  run('npm', ['install', '--no-save', ...quietly], 'the packages could not be installed: is the npm registry reachable?');
}

function build() {
  const inputs = [...filesBelow(at('src')), at('tsconfig.json'), at('package-lock.json'), at('bin', 'in-few-files.js')];
  if (changed(at('dist', 'main.js')) >= Math.max(...inputs.map(changed))) return;
  // `npm run types` and `npm run build` check the types, which takes four times as long as writing JavaScript.
  run(process.execPath, [at('node_modules', 'typescript', 'bin', 'tsc'), '-p', at('tsconfig.json'), '--noCheck'], 'the build failed');
  run(process.execPath, [at('bin', 'in-few-files.js')], 'the build failed');
  if (changed(at('dist', 'main.js')) === 0) throw new Error('the build made no dist/main.js');
}

/** Installs a program with apt-get when it is missing. Throws a sentence that says what to do when there is no apt-get or we are not root. */
function install({ program, check, packages, wanted }) {
  if (works(program, check)) return;
  const words = `install ${wanted} (on Debian and Ubuntu: apt-get install ${packages.join(' ')})`;
  if (!works('apt-get', ['--version']))
    throw new Error(`there is no ${program} on this machine, and no apt-get to install it with: ${words}`);
  if (process.getuid?.() !== 0)
    throw new Error(`there is no ${program} on this machine, and only root may install it: ${words}, or run this as root`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }; // so that installing HAProxy does not start its service
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

/** Returns when a file was last changed, in milliseconds since 1970, or 0 if it does not exist. */
function changed(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0;
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}
