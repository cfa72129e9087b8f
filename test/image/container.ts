import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';

/** How a container is started, in the words of `docker run`. */
export interface Container {
  /** The image's files. */
  readonly root: string;
  readonly words: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** --user; root when left out. */
  readonly user?: number;
  readonly readOnly?: boolean;
  readonly tmpfs?: readonly string[];
  /** What is left of the capabilities; Docker's own list when left out. */
  readonly capabilities?: readonly string[];
}

/** A container that runs. */
export interface Running {
  /** What it has written. */
  readonly output: () => string;
  /** Sends a signal to process 1. */
  readonly kill: (signal: string) => Promise<void>;
  /** Runs a program in it; gives what that wrote. */
  readonly exec: (...words: readonly string[]) => Promise<string>;
  /** Its exit code. */
  readonly ended: Promise<number>;
  readonly remove: () => Promise<void>;
}

const DOCKERS = 'CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(' ');

/** Starts it in crun, with the network of the caller (--network host) and files of its own over those of the image. */
export async function startContainer(wanted: Container): Promise<Running> {
  const folder = await mkdtemp(path.join(tmpdir(), 'image-'));
  const id = path.basename(folder);
  for (const name of ['upper', 'work', 'root', 'state']) await mkdir(path.join(folder, name));
  const root = path.join(folder, 'root');
  const layers = `lowerdir=${wanted.root},upperdir=${folder}/upper,workdir=${folder}/work`;
  await execa('mount', ['-t', 'overlay', 'overlay', '-o', layers, root]);
  await writeFile(path.join(folder, 'config.json'), JSON.stringify(configOf(wanted, root)));
  const crun = ['--root', path.join(folder, 'state'), '--cgroup-manager=disabled'];
  const child = spawn('crun', [...crun, 'run', '-b', folder, id], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (text += String(piece)));
  const ended = new Promise<number>((resolve) =>
    child.once('close', (code) => {
      resolve(code ?? -1);
    }),
  );
  return {
    output: () => text,
    kill: async (signal) => {
      await execa('crun', [...crun, 'kill', id, signal]);
    },
    exec: async (...words) => (await execa('crun', [...crun, 'exec', id, ...words], { reject: false })).stdout,
    ended,
    remove: async () => {
      await execa('crun', [...crun, 'delete', '--force', id], { reject: false });
      await ended;
      await execa('umount', ['-l', root]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function configOf({ words, env = {}, user = 0, readOnly = false, tmpfs = [], capabilities = DOCKERS }: Container, root: string): unknown {
  const all = capabilities.map((name) => `CAP_${name}`);
  const held = user === 0 ? all : []; // Docker gives an ordinary user none, but lets programs have them
  const mount = (destination: string, type: string, options: readonly string[]) => ({ destination, type, source: type, options });
  return {
    ociVersion: '1.0.2',
    process: {
      user: { uid: user, gid: user },
      args: words,
      env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...Object.entries(env).map((one) => one.join('='))],
      cwd: '/marathon-lb',
      capabilities: { bounding: all, effective: held, permitted: held },
    },
    root: { path: root, readonly: readOnly },
    hostname: 'lb',
    mounts: [
      mount('/proc', 'proc', []),
      mount('/dev', 'tmpfs', ['nosuid', 'mode=755', 'size=65536k']),
      mount('/sys', 'sysfs', ['ro']),
      ...tmpfs.map((folder) => mount(folder, 'tmpfs', ['nosuid', 'nodev', 'mode=1777'])),
    ],
    linux: { namespaces: ['pid', 'ipc', 'uts', 'mount'].map((type) => ({ type })) },
  };
}
