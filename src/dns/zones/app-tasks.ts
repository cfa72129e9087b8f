import type { AppId } from '../../model/names.ts';
import type { App, Definition, Task } from '../../model/snapshot.ts';
import { answering } from './answering-tasks.ts';
import { isUnfit, makeNamedTask, makeStems, recordsOf, unfitness, type NamedTask, type NamingRules, type Stems } from './app-names.ts';

/** What the DNS side needs to know of an app. It stays the same object while its names stay the same. */
export interface NamedApp {
  readonly id: AppId;
  readonly stems: Stems;
  readonly tasks: readonly AnsweringTask[];
  /** For each stem, the places in which the app has names, as a sum of their bits. */
  readonly places: readonly number[];
  /** Why a name of the app is left out: the first reason if there are several. */
  readonly unfit: string | undefined;
}

/** A named task, with the places its names are in and the reason why one is left out. */
export interface AnsweringTask extends NamedTask, Pick<NamedApp, 'places' | 'unfit'> {}

/**
 * Returns what the DNS side needs to know of an app. Tasks whose names did not change are the same objects as in `before`; when no task changed,
 * `before` itself is returned.
 */
export function makeNamedApp(app: App, naming: NamingRules, before: NamedApp | undefined): NamedApp {
  const stems = before?.stems ?? makeStems(app.id);
  const known = new Map(before?.tasks.map((named) => [named.task.id, named]));
  const tasks = answering(app, naming).map((task) => {
    const definition = task.of ?? app.definition;
    const same = known.get(task.id);
    if (same !== undefined && isSame(same, task, definition)) return same;
    const named = makeNamedTask({ app: app.id, stems, task, definition });
    const { places, unfit } = placesOf(named, naming);
    return { app: app.id, stems, task, definition, mark: named.mark, places, unfit };
  });
  if (before !== undefined && isSameList(before.tasks, tasks)) return before;
  const places = stems.all.map((_, at) => tasks.reduce((sum, task) => sum | (task.places[at] ?? 0), 0));
  return { id: app.id, stems, tasks, places, unfit: tasks.find(({ unfit }) => unfit !== undefined)?.unfit };
}

function placesOf(task: NamedTask, naming: NamingRules): Pick<NamedApp, 'places' | 'unfit'> {
  const places = task.stems.all.map(() => 0);
  let unfit: string | undefined;
  for (const record of recordsOf(task, naming)) {
    if (isUnfit(record)) unfit ??= unfitness(record);
    else places[record.stem.at] = (places[record.stem.at] ?? 0) | record.place.bit;
  }
  return { places, unfit };
}

/** Whether nothing changed that the names of a task depend on. */
function isSame(named: NamedTask, task: Task, definition: Definition): boolean {
  if (named.definition !== definition) return false;
  const { task: known } = named;
  return (
    known === task ||
    (known.hostAddress === task.hostAddress &&
      known.agent === task.agent &&
      isSameList(known.addresses, task.addresses) &&
      isSameList(known.hostPorts, task.hostPorts))
  );
}

function isSameList(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one === other || (one.length === other.length && one.every((element, i) => element === other[i]));
}

/** The names that exist only because names of the app lie below them; names of single tasks are not covered. A name may come several times. */
export function* aboveOf({ stems, places: sets }: NamedApp, { places }: NamingRules): Generator<string> {
  for (const { at, text } of stems.all) {
    for (const place of places.all) {
      if (((sets[at] ?? 0) & place.bit) === 0) continue;
      yield* place.above;
      for (let dot = text.indexOf('.'); dot >= 0; dot = text.indexOf('.', dot + 1)) yield `${text.slice(dot + 1)}.${place.name}`;
    }
  }
}
