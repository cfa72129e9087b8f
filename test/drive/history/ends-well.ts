import { expect } from '@jest/globals';
import type { Given } from './any-history.ts';
import { textsOf } from './fake-disk.ts';
import { FakeWorker, type Texts } from './fake-worker.ts';
import { History, type HistorySettings } from './history.ts';

/** Makes a history, and throws unless HAProxy and its file have what is wanted in the end; the error tells what happened. */
export async function endsWell({ acts, ...settings }: Given): Promise<void> {
  const history = new History(settings);
  try {
    for (const one of acts) await history.act(one);
    await history.rest();
    const { daemon, haproxy, disk } = history;
    if (haproxy.serving === undefined || daemon.wanted === undefined) throw new Error('HAProxy does not run');
    const loaded = read(textsOf(daemon.wanted), settings);
    const { changed, servers, unpublished } = haproxy.serving;
    expect(shownOf(haproxy.serving, changed)).toEqual(shownOf(loaded, changed));
    expect(shownOf(read(disk.files, settings))).toEqual(shownOf(loaded));
    expect([...servers.keys()].filter((name) => !loaded.servers.has(name) && !haproxy.serving?.config.includes(`backend ${name}`))).toEqual(
      [],
    );
    expect([...loaded.servers.keys()].filter((name) => !servers.has(name) || unpublished.has(name))).toEqual([]);
    expect(daemon.drive.outcome()).toMatchObject({ ok: true });
  } catch (error) {
    throw new Error(`${String(error)}\n\nWhat happened:\n${history.told.join('\n')}`, { cause: error });
  }
}

function read(texts: Texts, { release }: HistorySettings): FakeWorker {
  return new FakeWorker(texts, { pid: 1, release });
}

/** What a worker has, without the lines of backends that commands made or deleted, without what is only ready for new apps, and without servers that only wait to be deleted. */
function shownOf({ config, servers, maps }: FakeWorker, changed: ReadonlySet<string> = new Set()): unknown {
  const isReady = (section: string): boolean => /^(?:backend marathon_lb_spare_|defaults marathon_lb_class_)/.test(section);
  const isChanged = (section: string): boolean => changed.has(/^backend (\S+)/.exec(section)?.[1] ?? '');
  const sections = config.split(/\n(?=\w)/).filter((section) => !isReady(section) && !isChanged(section));
  const lines = sections.flatMap((section) => section.split('\n')).filter((line) => !line.startsWith('  server ') && line !== '');
  const shown = [...servers].flatMap(([backend, its]) =>
    [...its].flatMap(([name, { address, admin, weight, isChecked }]) =>
      admin === 'maint' ? [] : [[`${backend}/${name}`, { address, admin, weight, isChecked }] as const],
    ),
  );
  const rows = Array.from(maps, ([path, map]) => [path, Object.fromEntries(map)] as const);
  return { lines, servers: Object.fromEntries(shown), maps: Object.fromEntries(rows) };
}
