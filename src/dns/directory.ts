import { keep } from '../lib/keep.ts';
import { common, each } from '../lib/lists.ts';
import type { AppId } from '../model/names.ts';
import type { App } from '../model/snapshot.ts';
import { isUnfit, nameOf, recordsOf, type NamedTask, type NameRecord, type Naming } from './app-names.ts';
import { aboveOf, makeNamedApp, type NamedApp } from './app-tasks.ts';
import { gather, makeAsked, merged, NOTHING } from './entries.ts';
import { upwards } from './names.ts';
import { makeCounts, makeOwners, type Owners } from './owners.ts';
import type { Entry } from './records.ts';

/** Who has which name. It knows apps by the stems of their names, and tasks by their marks; what names have is made when they are asked for. */
export interface Directory {
  /** Takes the apps as they are now. False when no name has changed by it. */
  readonly update: (apps: readonly App[]) => boolean;
  readonly find: (name: string) => Entry | undefined;
  readonly apps: () => readonly NamedApp[];
  readonly byStem: Owners<NamedApp>;
}

export function makeDirectory(naming: Naming): Directory {
  const index = makeIndex(naming);
  const known = new Map<AppId, NamedApp>();
  const name = each((app: App) => makeNamedApp(app, naming, known.get(app.id)));
  let apps: readonly NamedApp[] = [];
  return {
    update: (next) => {
      const before = apps;
      apps = name(next);
      const { gone, come } = difference(before, apps);
      const old = new Map(gone.map((app) => [app.id, app]));
      for (const app of come) {
        index.exchange(old.get(app.id), app);
        old.delete(app.id);
        known.set(app.id, app);
      }
      for (const app of old.values()) {
        index.exchange(app, undefined);
        known.delete(app.id);
      }
      return [...gone, ...come].some(({ tasks }) => tasks.length > 0);
    },
    find: makeFind(index, naming),
    apps: () => apps,
    byStem: index.byStem,
  };
}

/** Which objects are only in the one list, and which only in the other. */
function difference<One extends object>(
  before: readonly One[],
  now: readonly One[],
): { readonly gone: readonly One[]; readonly come: readonly One[] } {
  const { head, tail } = common(before, now);
  const [old, fresh] = [before.slice(head, before.length - tail), now.slice(head, now.length - tail)];
  const [olds, freshes] = [new Set(old), new Set(fresh)];
  return { gone: old.filter((one) => !freshes.has(one)), come: fresh.filter((one) => !olds.has(one)) };
}

type Index = ReturnType<typeof makeIndex>;

function makeIndex(naming: Naming) {
  const byStem = makeOwners<NamedApp>();
  const byMark = makeOwners<NamedTask>();
  const above = makeCounts();
  const ofApp = makeAsked((app: NamedApp) => gather(sharedRecords(app, naming)));
  const ofTask = makeAsked((task: NamedTask) => withAbove(ownRecords(task, naming)));
  const change = (what: 'add' | 'remove', app: NamedApp): void => {
    if (app.tasks.length === 0) return;
    for (const { text } of app.stems.all) byStem[what](text, app);
    for (const name of aboveOf(app, naming)) above[what](name);
  };
  const exchange = (before: NamedApp | undefined, app: NamedApp | undefined): void => {
    if (before !== undefined) change('remove', before);
    if (app !== undefined) change('add', app);
    if (before !== undefined && app !== undefined) ofApp.replace(before, app);
    const { gone, come } = difference<NamedTask>(before?.tasks ?? [], app?.tasks ?? []);
    for (const task of gone) byMark.remove(task.mark, task);
    for (const task of come) byMark.add(task.mark, task);
    const old = new Map(gone.map((named) => [named.task.id, named]));
    for (const task of come) {
      const known = old.get(task.task.id);
      if (known !== undefined) ofTask.replace(known, task);
    }
  };
  return { byStem, byMark, above, ofApp, ofTask, exchange };
}

/** Of the names that all tasks of an app share. */
function* sharedRecords({ tasks }: NamedApp, naming: Naming): Generator<NameRecord> {
  for (const task of tasks) for (const record of recordsOf(task, naming)) if (record.mark === '') yield record;
}

/** Of the names that are one task's alone. */
function* ownRecords(task: NamedTask, naming: Naming): Generator<NameRecord> {
  for (const record of recordsOf(task, naming)) if (record.mark !== '' && !isUnfit(record)) yield record;
}

/** What the names of a task have, and nothing for those above them: 'a-jhy6r-s1.marathon.mesos' is above 'b.a-jhy6r-s1.marathon.mesos'. */
function withAbove(records: Iterable<NameRecord>): ReadonlyMap<string, Entry> {
  const all = [...records];
  const entries = gather(all);
  for (const record of all) {
    for (const name of upwards(nameOf(record), record.place.name)) if (!entries.has(name)) entries.set(name, NOTHING);
  }
  return entries;
}

/** A name's stem and mark may stand where they do in several ways; whoever they may belong to is asked whether it has that very name. */
function makeFind({ byStem, byMark, above, ofApp, ofTask }: Index, { places }: Naming): Directory['find'] {
  const mix = makeMix();
  return (name) => {
    const entries = new Set<Entry>();
    const add = (entry: Entry | undefined): void => {
      if (entry !== undefined && entry !== NOTHING) entries.add(entry);
    };
    let exists = above.has(name);
    for (const place of places.all) {
      if (!name.endsWith(place.name) || name.charAt(name.length - place.name.length - 1) !== '.') continue;
      const body = name.slice(0, -place.name.length - 1);
      for (const stem of stemsIn(body)) for (const app of byStem.of(stem)) add(ofApp.of(app).get(name));
      for (const mark of marksIn(body)) {
        for (const task of byMark.of(mark)) {
          const entry = ofTask.of(task).get(name);
          exists ||= entry === NOTHING;
          add(entry);
        }
      }
    }
    return entries.size > 0 ? mix(name, [...entries]) : exists ? NOTHING : undefined;
  };
}

/** 'nginx' in 'nginx', '_nginx', '_http._nginx'. */
function stemsIn(body: string): readonly string[] {
  if (!body.startsWith('_')) return [body];
  const dot = body.indexOf('.');
  return dot > 0 && body.charAt(dot + 1) === '_' ? [body, body.slice(1), body.slice(dot + 2)] : [body, body.slice(1)];
}

/** '-jhy6r-s1' at the end of 'nginx-jhy6r-s1'; '-jhy6r' would be that of a task whose agent is not known. */
function marksIn(body: string): readonly string[] {
  const last = body.lastIndexOf('-');
  const before = last > 0 ? body.lastIndexOf('-', last - 1) : -1;
  return [last, before].filter((at) => at > 0).map((at) => body.slice(at));
}

/** Makes one entry of those of several apps; the same as long as it has the same. */
function makeMix(): (name: string, entries: readonly Entry[]) => Entry {
  const known = new Map<string, { readonly of: readonly Entry[]; readonly entry: Entry }>();
  return (name, entries) => {
    const [only] = entries;
    if (only !== undefined && entries.length === 1) {
      known.delete(name);
      return only;
    }
    const before = known.get(name);
    if (before?.of.length === entries.length && before.of.every((entry, i) => entry === entries[i])) return before.entry;
    const entry = keep(before?.entry, merged(entries));
    if (known.size >= 10_000) known.clear(); // of names that nobody asks for any more
    known.set(name, { of: entries, entry });
    return entry;
  };
}
