import { keep } from '../../lib/keep.ts';
import { common, each } from '../../lib/lists.ts';
import type { AppId } from '../../model/names.ts';
import type { App } from '../../model/snapshot.ts';
import { isUnfit, recordsOf, type NamedTask, type NameRecord, type NamingRules } from './app-names.ts';
import { aboveOf, makeNamedApp, type NamedApp } from './app-tasks.ts';
import { gather, isEmpty, keepEntries, makeMemo, makeEntry, merged, NOTHING, type Memo, type Entries } from './entries.ts';
import { makeCounts, makeOwners, type Owners } from './owners.ts';
import { marked } from './dns-names.ts';
import type { NameSuffix } from './name-suffixes.ts';
import type { Entry } from './records.ts';

/**
 * Finds the entry of a name. The directory indexes apps by the stems of their names and tasks by their marks; entries are made when they are first
 * asked for.
 */
export interface Directory {
  /** Takes the current apps. Returns false when no name changed. */
  readonly update: (apps: readonly App[]) => boolean;
  readonly find: (name: string) => Entry | undefined;
  readonly apps: () => readonly NamedApp[];
  readonly byStem: Owners<NamedApp>;
}

/** Makes an empty directory of names. It is updated with all apps after each change, and computes only what the change concerns. */
export function makeDirectory(naming: NamingRules): Directory {
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
    find: makeFind(index),
    apps: () => apps,
    byStem: index.byStem,
  };
}

/** The objects that are only in `before`, and the objects that are only in `now`. */
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

function makeIndex(naming: NamingRules) {
  const byStem = makeOwners<NamedApp>();
  const byMark = makeOwners<NamedTask>();
  const above = makeCounts();
  const entries = makePlaceEntries(naming);
  const change = (what: 'add' | 'remove', app: NamedApp): void => {
    if (app.tasks.length === 0) return;
    for (const { text } of app.stems.all) byStem[what](text, app);
    for (const name of aboveOf(app, naming)) above[what](name);
  };
  const exchange = (before: NamedApp | undefined, app: NamedApp | undefined): void => {
    if (before !== undefined) change('remove', before);
    if (app !== undefined) change('add', app);
    const { gone, come } = difference<NamedTask>(before?.tasks ?? [], app?.tasks ?? []);
    for (const task of gone) byMark.remove(task.mark, task);
    for (const task of come) byMark.add(task.mark, task);
    const successors = new Map(come.map((task) => [task.task.id, task]));
    for (const { ofApp, ofTask } of entries.values()) {
      if (before !== undefined) ofApp.replace(before, app);
      for (const task of gone) ofTask?.replace(task, successors.get(task.task.id));
    }
  };
  return { byStem, byMark, above, entries, exchange };
}

/** The entries of the names in one place. */
interface PlaceEntries {
  /** The names that all tasks of an app share. */
  readonly ofApp: Memo<NamedApp, Entries>;
  /** The entry of the names that one task has for itself; undefined in places without such names. */
  readonly ofTask: Memo<NamedTask, Entry> | undefined;
}

function makePlaceEntries(naming: NamingRules): ReadonlyMap<NameSuffix, PlaceEntries> {
  const { all, tasks, agents } = naming.places;
  const entriesOf = (place: NameSuffix): PlaceEntries => ({
    ofApp: makeMemo({ make: (app) => gather(sharedRecords(app, naming, place)), keep: keepEntries }),
    ofTask: place === tasks || place === agents ? makeMemo({ make: (task) => ownEntry(task, naming, place), keep }) : undefined,
  });
  return new Map(all.map((place) => [place, entriesOf(place)]));
}

function* sharedRecords({ tasks }: NamedApp, naming: NamingRules, place: NameSuffix): Generator<NameRecord> {
  for (const task of tasks) for (const record of recordsOf(task, naming, place)) if (record.mark === '') yield record;
}

function ownEntry(task: NamedTask, naming: NamingRules, place: NameSuffix): Entry {
  const record = recordsOf(task, naming, place).find(({ mark }) => mark !== '');
  return record === undefined ? NOTHING : makeEntry(record.addresses, []);
}

/** The names that only this task has, without the place. */
function ownBodies({ stems, mark }: NamedTask, place: NameSuffix): readonly string[] {
  const fit = stems.mesos.filter((stem) => !isUnfit({ prefix: '', stem, mark, place, service: undefined }));
  return fit.map(({ text }) => marked(text, mark));
}

/**
 * A name can be split into stem, mark and place in several ways, so every app and task it may belong to is asked whether it has exactly this name.
 */
function makeFind({ byStem, byMark, above, entries }: Index): Directory['find'] {
  const mix = makeMix();
  return (name) => {
    const found = new Set<Entry>();
    let exists = above.has(name);
    for (const [place, { ofApp, ofTask }] of entries) {
      if (!name.endsWith(place.name) || name.charAt(name.length - place.name.length - 1) !== '.') continue;
      const body = name.slice(0, -place.name.length - 1);
      for (const stem of stemsIn(body)) for (const app of byStem.of(stem)) add(found, ofApp.of(app).get(name));
      if (ofTask === undefined) continue;
      for (const task of marksIn(body).flatMap(byMark.of)) {
        const entry = ofTask.of(task);
        if (isEmpty(entry)) continue;
        const bodies = ownBodies(task, place);
        if (bodies.includes(body)) add(found, entry);
        exists ||= bodies.some((own) => own.endsWith(`.${body}`)); // 'a-jhy6r-s1.marathon.mesos' exists above 'b.a-jhy6r-s1.marathon.mesos'
      }
    }
    return found.size > 0 ? mix(name, [...found]) : exists ? NOTHING : undefined;
  };
}

function add<One>(set: Set<One>, one: One | undefined): void {
  if (one !== undefined) set.add(one);
}

/** The possible stems of a name: 'nginx' in 'nginx', '_nginx' and '_http._nginx'. */
function stemsIn(body: string): readonly string[] {
  if (!body.startsWith('_')) return [body];
  const dot = body.indexOf('.');
  return dot > 0 && body.charAt(dot + 1) === '_' ? [body, body.slice(1), body.slice(dot + 2)] : [body, body.slice(1)];
}

/**
 * The possible marks at the end of a name: '-jhy6r-s1' in 'nginx-jhy6r-s1', and '-s1', which would be the mark of a task whose agent is not known.
 */
function marksIn(body: string): readonly string[] {
  const last = body.lastIndexOf('-');
  const before = last > 0 ? body.lastIndexOf('-', last - 1) : -1;
  return [last, before].filter((at) => at > 0).map((at) => body.slice(at));
}

/** Merges the entries of several apps into one; returns the same object as long as the content is equal. */
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
    if (known.size >= 10_000) known.clear(); // forgets names that nobody asks for any more
    known.set(name, { of: entries, entry });
    return entry;
  };
}
