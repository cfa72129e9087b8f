import type { AppId } from '../model/names.ts';
import { DEPLOYMENT_GROUP_LABEL } from '../model/deployment-group.ts';
import type { Problem } from '../model/problem.ts';
import type { Definition } from '../model/snapshot.ts';
import { readLists } from './folders.ts';
import { folderOf, isWithin } from '../model/folders.ts';
import { APP_LABELS } from './labels.ts';

/**
 * Which apps may be merged in a deployment group: the apps of one folder, any apps, or for each group the apps of the folders that the operator
 * lists.
 */
export type GroupRule = 'folder' | 'any' | ReadonlyMap<string, readonly string[]>;

/**
 * Reads the text of the file of --deployment-groups: `{"/shop": ["/team-a", "/team-b"]}`. Throws an Error with a sentence when the text has a
 * different form.
 */
export function readGroupRule(text: string): GroupRule {
  return readLists(text, { is: (word) => /^\/(?:[\w./-]*[\w.-])?$/.test(word), example: '/team-a' });
}

/** Which apps are merged with others. */
export interface Members {
  /** The id under which an app of a group is served. An app that is served as itself has no entry. */
  readonly of: ReadonlyMap<AppId, AppId>;
  readonly problems: readonly Problem[];
}

/** The group that an app's label names; undefined when the label is absent or can't be read. */
export function groupOf({ labels }: Definition): AppId | undefined {
  const text = labels[DEPLOYMENT_GROUP_LABEL];
  return text === undefined ? undefined : (APP_LABELS.deploymentGroup.grammar.read(text).value as AppId | undefined);
}

/**
 * Decides which apps are merged. An app that names a group it may not be in is served as itself and gets a Problem, and so do the other apps of that
 * group.
 */
export function membersOf(definitions: readonly Definition[], rule: GroupRule): Members {
  const claims = new Map<AppId, AppId[]>();
  const alone = new Set<string>();
  for (const definition of definitions) {
    const group = groupOf(definition);
    if (group === undefined) alone.add(definition.id);
    else add(claims, group, definition.id);
  }
  const of = new Map<AppId, AppId>();
  const problems: Problem[] = [];
  for (const [group, apps] of claims) {
    const named = rule === 'any' ? new Map([[group, apps]]) : partsOf({ group, apps, rule, isTaken: alone.has(group) });
    const parts = new Map([...named].filter(([name]) => !alone.has(name))); // two apps of one id would change each other's sections
    for (const [name, members] of parts) for (const app of members) of.set(app, name);
    const isWhole = parts.get(group)?.length === apps.length;
    if (!isWhole) problems.push(...apps.map((app) => notMerged(app, group, apps)));
  }
  return { of, problems };
}

interface Claims {
  readonly group: AppId;
  readonly apps: readonly AppId[];
  readonly rule: Exclude<GroupRule, 'any'>;
  /** Whether the group's name is the id of an app. */
  readonly isTaken: boolean;
}

/** The apps of a group that are merged, by the name they are served under. */
function partsOf({ group, apps, rule, isTaken }: Claims): ReadonlyMap<AppId, readonly AppId[]> {
  const folders = rule === 'folder' ? undefined : rule.get(group);
  if (folders !== undefined) return new Map([[group, apps.filter((app) => folders.some((folder) => isWithin(app, folder)))]]);
  const byFolder = new Map<string, AppId[]>();
  for (const app of apps) add(byFolder, folderOf(app), app);
  const mayHaveName = ([folder]: readonly [string, unknown]): boolean => !isTaken || folder === folderOf(group);
  const [only, ...more] = byFolder;
  if (only !== undefined && more.length === 0) return mayHaveName(only) ? new Map([[group, only[1]]]) : new Map();
  const colours = [...byFolder].filter(([, members]) => members.length > 1);
  const [first] = colours;
  if (first !== undefined && colours.length === 1 && mayHaveName(first)) return new Map([[group, first[1]]]);
  return new Map(colours.map(([folder, members]) => [`${folder === '/' ? '' : folder}${group}` as AppId, members]));
}

function add<Key, Element>(lists: Map<Key, Element[]>, key: Key, element: Element): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [element]);
  else list.push(element);
}

function notMerged(app: AppId, group: AppId, apps: readonly AppId[]): Problem {
  const others = apps.filter((other) => folderOf(other) !== folderOf(app));
  const who =
    others.length > 0
      ? `${others.slice(0, 3).join(', ')}${others.length > 3 ? ' and others' : ''} in a different folder`
      : 'an app with that id';
  return {
    code: 'deployment-group',
    owner: { by: 'app', app },
    label: DEPLOYMENT_GROUP_LABEL,
    message: `the name of the deployment group ${group} is also used by ${who}, and only apps of the same folder are merged, so each folder's apps are served separately`,
    hint: 'give one of the groups a different name; the operator can allow apps of several folders to be merged with --deployment-groups',
  };
}
