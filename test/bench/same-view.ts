import { copyFile, mkdir, readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { MAP_FILES, HEALTH_MAP, SPARE_MAPS } from '../../src/haproxy/settings.ts';
import { readMap } from '../../src/socket/map-state.ts';
import { ask } from '../../src/socket/master.ts';
import { readServersState } from '../../src/socket/server-rows.ts';
import type { Estate } from '../e2e/chaos/estate.ts';
import { run } from '../e2e/command.ts';
import type { Ends } from '../e2e/fixtures/stage.ts';
import { until } from '../e2e/until.ts';

/** What a load balancer serves: texts by their names, without what is only ready for new apps. */
interface Shown {
  /** The lines of each backend and each frontend, without servers. */
  readonly lines: Readonly<Record<string, string>>;
  /** The address and weight of each server in rotation. */
  readonly servers: Readonly<Record<string, string>>;
  readonly maps: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * Returns a function that waits until HAProxy and its file serve what a fresh start would make of what Marathon says now: the same lines, servers with
 * their weights and states, and rows of maps, and no backend besides.
 */
export function makeSameView({ cluster }: Estate, ends: Ends): () => Promise<void> {
  const fresh = path.join(cluster.folder, 'fresh');
  return async () => {
    const wanted = await freshly({ cluster, fresh, ends });
    await same('the file', wanted, async () => shownIn(cluster.config, (config) => config));
    const { lines, servers, maps } = wanted;
    const names = Object.keys(lines).flatMap((name) => (name.startsWith('backend ') ? [name.slice(8)] : []));
    await same('HAProxy', { backends: names.sort(), servers, maps }, () => heldBy(cluster.config, Object.keys(maps)));
  };
}

async function same(who: string, wanted: unknown, look: () => Promise<unknown>): Promise<void> {
  let seen: unknown;
  const isSame = async (): Promise<boolean> => {
    seen = await look().catch((error: unknown) => String(error));
    return text(seen) === text(wanted);
  };
  await until(() => `${who} is as a fresh start makes it\n${differences(text(wanted), text(seen))}`, isSame);
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (isRecord(one) ? ordered(one) : one), 1);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function ordered(record: Readonly<Record<string, unknown>>): unknown {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The lines that only one of two texts has. */
function differences(wanted: string, seen: string): string {
  const [own, others] = [wanted.split('\n'), seen.split('\n')];
  const lacks = own.filter((line) => !others.includes(line)).map((line) => `- ${line}`);
  return [...lacks, ...others.filter((line) => !own.includes(line)).map((line) => `+ ${line}`)].join('\n');
}

/** The certificate that a daemon makes where the given one is missing. */
const MADE = 'self-signed.pem';

interface Freshly {
  readonly cluster: Estate['cluster'];
  readonly fresh: string;
  readonly ends: Ends;
}

/** What one pass without any memory makes of what Marathon says now, as if its files were those of the cluster. */
async function freshly({ cluster, fresh, ends }: Freshly): Promise<Shown> {
  const at = path.join(fresh, String(Date.now()));
  const config = path.join(at, path.relative(cluster.folder, cluster.config));
  await mkdir(path.dirname(config), { recursive: true });
  await mkdir(path.join(at, 'state'));
  await copyFile(path.join(cluster.folder, 'state', MADE), path.join(at, 'state', MADE)); // making one takes seconds
  const places = { '--haproxy-config': config, '--run-dir': path.join(at, 'run'), '--state-dir': path.join(at, 'state') };
  const words = [...cluster.words('--once', '--command', 'true', '--spare-backends', '0'), ...Object.entries(places).flat()];
  const { code, stderr } = await run({ folder: cluster.folder, ends, words });
  if (code !== 0) throw new Error(stderr);
  const shown = await shownIn(config, (text) => text.replaceAll(`${at}/`, `${cluster.folder}/`));
  await rm(at, { recursive: true });
  return shown;
}

/** What files say. `moved` gives a configuration as if its files were those of the cluster. */
async function shownIn(file: string, moved: (config: string) => string): Promise<Shown> {
  const folder = path.dirname(file);
  const written = await readFile(file, 'utf8');
  const sections = moved(written)
    .split(/^(?=[a-z])/m)
    .flatMap((section): (readonly [string, readonly string[]])[] => {
      const [head = '', ...lines] = section.split('\n').map((line) => line.trim());
      return isShown(head) ? [[head, lines.filter((line) => line !== '')]] : [];
    });
  const kept = sections.map(([head, lines]) => [head, lines.filter((line) => !line.startsWith('server ') && !isOfSpares(line)).join('\n')]);
  const servers = sections.flatMap(([head, lines]) => lines.flatMap((line) => serverIn(head, line)));
  const files = (await readdir(folder)).filter((name) => isShownMap(name) && written.includes(`${folder}/${name}`));
  const maps = await Promise.all(files.map(async (name) => [name, rowsIn(await readFile(path.join(folder, name), 'utf8'))] as const));
  return { lines: Object.fromEntries(kept) as Shown['lines'], servers: Object.fromEntries(servers), maps: Object.fromEntries(maps) };
}

function isShown(head: string): boolean {
  return /^(?:backend|frontend) /.test(head) && !head.includes(' marathon_lb_');
}

function isOfSpares(line: string): boolean {
  return SPARE_MAPS.some((file) => line.includes(`/${file}`)) || line.includes('mlb_asked') || line.startsWith('#');
}

function isShownMap(file: string): boolean {
  return MAP_FILES.includes(file) && file !== HEALTH_MAP && !SPARE_MAPS.includes(file);
}

function serverIn(head: string, line: string): readonly (readonly [string, string])[] {
  const [word, name = '', address = '', ...words] = line.split(' ');
  if (word !== 'server' || words.includes('disabled')) return [];
  const at = words.indexOf('weight');
  return [[`${head.replace(/^backend /, '')}/${name}`, `${address} weight ${at < 0 ? 1 : (words[at + 1] ?? '')}`]];
}

function rowsIn(file: string): Readonly<Record<string, string>> {
  const rows = file.split('\n').filter((row) => row !== '' && !row.startsWith('#'));
  return Object.fromEntries(rows.map((row) => row.split(' ') as [string, string]));
}

/** What HAProxy's worker has in its memory. */
async function heldBy(config: string, files: readonly string[]): Promise<unknown> {
  const tell = (command: string): Promise<string> => ask({ socketPath: `${config}.sock`, command, deadlineMs: 5_000 });
  const folder = path.dirname(config);
  const names = (await tell('show backend')).split('\n').filter((name) => /_\d+$/.test(name) && !name.startsWith('marathon_'));
  const servers = Array.from(readServersState(await tell('show servers state')), ([backend, rows]) =>
    [...rows].flatMap(([name, { address, port, mode, weight }]) =>
      mode === 'serving' && !backend.startsWith('marathon_') ? [[`${backend}/${name}`, `${address}:${port} weight ${weight}`]] : [],
    ),
  ).flat();
  const maps: [string, unknown][] = [];
  for (const file of files) {
    const rows = readMap(await tell(`show map ${folder}/${file}`));
    maps.push([file, rows === undefined ? 'unknown' : Object.fromEntries(rows)]);
  }
  return { backends: names.sort(), servers: Object.fromEntries(servers) as unknown, maps: Object.fromEntries(maps) };
}
