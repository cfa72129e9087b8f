import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';

/** A HAProxy of another Debian than this machine's, that runs here. */
export interface Fetched {
  readonly suite: string;
  /** The folder of its program, to be put in front of PATH. */
  readonly folder: string;
  /** '3.2.26-1' */
  readonly version: string;
}

const SECONDS = 1_000;
const KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** What a suite does not have itself, its packages take from here. */
const BASE: Readonly<Record<string, string>> = { experimental: 'sid' };

/**
 * Brings the HAProxy of a Debian suite ('trixie') into a folder, with all libraries that it needs, the C library too: nothing is installed.
 * The archive is the one that this machine's apt-get uses. What is there already is left as it is. Rejects when a step fails.
 */
export async function fetchHaproxy(suite: string, into: string): Promise<Fetched> {
  const folder = path.join(into, suite, 'bin');
  const program = path.join(folder, 'haproxy');
  if (!existsSync(program)) {
    const root = path.join(into, suite, 'root');
    for (const file of await download(suite, path.join(into, suite))) await execa('dpkg-deb', ['-x', file, root]);
    await mkdir(folder, { recursive: true });
    await settle(root, program);
  }
  const { stdout } = await execa(program, ['-v']);
  return { suite, folder, version: /version (\S+)/.exec(stdout)?.[1] ?? 'unknown' };
}

/** The package and those that it depends on, as files. */
async function download(suite: string, folder: string): Promise<readonly string[]> {
  const at = (name: string): string => path.join(folder, name);
  const archives = at('cache/archives');
  for (const made of [at('state/lists/partial'), path.join(archives, 'partial')]) await mkdir(made, { recursive: true });
  await writeFile(at('status'), ''); // nothing counts as installed, so everything is brought
  const archive = await archiveOf();
  const suites = [suite, BASE[suite]].filter((one) => one !== undefined);
  await writeFile(at('sources.list'), suites.map((one) => `deb [signed-by=${KEYS}] ${archive} ${one} main\n`).join(''));
  const settings = {
    'Dir::Etc::sourcelist': at('sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State': at('state'),
    'Dir::State::status': at('status'),
    'Dir::Cache': at('cache'),
    'APT::Install-Recommends': '0',
    'APT::Sandbox::User': 'root', // the folder is ours alone
  };
  const words = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await execa('apt-get', ['-qq', ...words, 'update'], { timeout: 180 * SECONDS });
  await execa('apt-get', ['-qq', '-y', ...words, '-t', suite, '--download-only', 'install', 'haproxy'], { timeout: 300 * SECONDS });
  return (await readdir(archives)).filter((name) => name.endsWith('.deb')).map((name) => path.join(archives, name));
}

/** Where this machine has its packages from. */
async function archiveOf(): Promise<string> {
  const { stdout } = await execa('apt-get', ['indextargets', '--format', '$(LABEL) $(REPO_URI)']);
  const [, address] = /^Debian (\S+)$/m.exec(stdout) ?? [];
  if (address === undefined) throw new Error('apt-get names no Debian archive that another HAProxy could be brought from');
  return address;
}

/** The program with its own loader and libraries, which are newer than this machine's. A reload, at which it starts itself, finds them too. */
async function settle(root: string, program: string): Promise<void> {
  const files = await readdir(root, { recursive: true });
  const find = (end: string): string => {
    const found = files.find((file) => file.endsWith(end));
    if (found === undefined) throw new Error(`no ${end} among the packages in ${root}`);
    return path.join(root, found);
  };
  await copyFile(find('usr/sbin/haproxy'), program);
  await chmod(program, 0o755);
  const libraries = path.dirname(find('/libc.so.6'));
  await execa('patchelf', ['--set-interpreter', find('/ld-linux-x86-64.so.2'), '--force-rpath', '--set-rpath', libraries, program]);
}
