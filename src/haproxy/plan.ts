import type { BackendSection, Document, MapFile, Plan, Reason, ReasonCode, Section } from '../model/document.ts';

/**
 * The way from the document that HAProxy runs to the wanted one. Sections are compared by identity, then by text; servers by their line.
 * As yet every difference is a reason for a reload; `commands` is where a later version puts those that HAProxy takes while it runs.
 */
export function plan(running: Document | undefined, wanted: Document): Plan {
  if (running === wanted) return { commands: [], reload: [] };
  if (running === undefined) return { commands: [], reload: [reason('not-loaded', 'haproxy', 'it has not loaded this configuration yet')] };
  const fronts = compare(byName(running.front), byName(wanted.front), {
    gone: 'front-gone',
    fresh: 'front-new',
    changed: (before, after) =>
      textOf(before) === textOf(after) ? [] : [reason('front-changed', after.name, difference(textOf(before), textOf(after)))],
  });
  const backends = compare(byName(running.backends), byName(wanted.backends), {
    gone: 'backend-gone',
    fresh: 'backend-new',
    changed: compareBackends,
  });
  return { commands: [], reload: [...fronts, ...backends, ...compareMaps(running.maps, wanted.maps)] };
}

function reason(code: ReasonCode, subject: string, detail = ''): Reason {
  return { code, subject, detail };
}

interface Comparison<Kind> {
  readonly gone: ReasonCode;
  readonly fresh: ReasonCode;
  readonly changed: (before: Kind, after: Kind) => readonly Reason[];
}

function compare<Kind>(before: ReadonlyMap<string, Kind>, after: ReadonlyMap<string, Kind>, how: Comparison<Kind>): readonly Reason[] {
  const reasons: Reason[] = [];
  for (const [name, now] of after) {
    const was = before.get(name);
    if (was === undefined) reasons.push(reason(how.fresh, subjectOf(name)));
    else if (was !== now) reasons.push(...how.changed(was, now));
  }
  for (const name of before.keys()) if (!after.has(name)) reasons.push(reason(how.gone, subjectOf(name)));
  return reasons;
}

/** Reasons name a backend without the word before it, which their code says already. */
function subjectOf(section: string): string {
  return section.replace(/^backend /, '');
}

function compareBackends(before: BackendSection, after: BackendSection): readonly Reason[] {
  const [was, now] = [textOf(before), textOf(after)];
  const changed = was === now ? [] : [reason('backend-changed', after.backend, difference(was, now))];
  const servers: Reason[] = [];
  for (const [name, { text }] of after.servers) {
    const old = before.servers.get(name)?.text;
    if (old === undefined) servers.push(reason('server-added', after.backend, name));
    else if (old !== text) servers.push(reason('server-changed', after.backend, name));
  }
  for (const name of before.servers.keys()) if (!after.servers.has(name)) servers.push(reason('server-gone', after.backend, name));
  return [...changed, ...servers];
}

function compareMaps(before: Document['maps'], after: Document['maps']): readonly Reason[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => {
    const changes = countChanges(before[name] ?? new Map(), after[name] ?? new Map());
    return changes === 0 ? [] : [reason('map-changed', name, `${changes} ${changes === 1 ? 'entry' : 'entries'}`)];
  });
}

function countChanges(before: MapFile, after: MapFile): number {
  let changes = 0;
  for (const [key, value] of after) if (before.get(key) !== value) changes++;
  for (const key of before.keys()) if (!after.has(key)) changes++;
  return changes;
}

/** Two sections of one name (odd templates) are told apart by their order. */
function byName<Kind extends Section>(sections: readonly Kind[]): ReadonlyMap<string, Kind> {
  const map = new Map<string, Kind>();
  for (const section of sections) {
    let name = section.name;
    for (let i = 2; map.has(name); i++) name = `${section.name} (${i})`;
    map.set(name, section);
  }
  return map;
}

function textOf({ fragments }: Section): string {
  let text = '';
  for (const fragment of fragments) text += fragment.text;
  return text;
}

/** The first line that is another, for people. */
function difference(before: string, after: string): string {
  const was = new Set(before.split('\n'));
  const now = new Set(after.split('\n'));
  const added = [...now].find((line) => !was.has(line));
  const gone = [...was].find((line) => !now.has(line));
  if (added !== undefined) return `now with '${added.trim()}'`;
  return gone !== undefined ? `now without '${gone.trim()}'` : 'other order';
}
