import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The largest part of the lines of src/ that one room may have. */
const LARGEST_SHARE = 0.12;

/** Rooms that every room may import; the table does not repeat them. */
const OF_ALL = ['lib', 'model'];

type Table = Readonly<Record<string, readonly string[]>>;

/** The table of the lint rule: which room may import which. */
const { MAY_IMPORT } = (await import(path.resolve('eslint.config.js'))) as { readonly MAY_IMPORT: Table };

/** All rooms. */
const ROOMS = Object.keys(MAY_IMPORT);

/** The rows of the table of rooms in docs/architecture.md: the room, and its last column. */
function readPage(): readonly (readonly [room: string, column: string])[] {
  const page = readFileSync('docs/architecture.md', 'utf8');
  const section = page.slice(page.indexOf('\n## The rooms'), page.indexOf('\n## Who holds what'));
  return Array.from(section.matchAll(/^\| `([\w/]+)` +\|.*\| ([^|]*?) +\|$/gm), ([, room = '', column = '']) => [room, column]);
}

/** What such a column allows, in the words of the lint table. */
function allowedBy(column: string): readonly string[] {
  const named = Array.from(column.matchAll(/`([\w/]+)`/g), ([, room = '']) => room);
  return column.startsWith('all but ') ? ROOMS.filter((room) => !named.includes(room)) : named;
}

const FILES = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

/** Which files each file imports, by their paths below src/; for types and for values, at the top and later. */
const IMPORTS: ReadonlyMap<string, readonly string[]> = new Map(
  FILES.map((file) => {
    const specifiers = readFileSync(path.join('src', file), 'utf8').matchAll(/(?:\bfrom |\bimport |\bimport\()'(\.[^']+)'/g);
    return [file, Array.from(specifiers, ([, specifier = '']) => path.join(path.dirname(file), specifier))];
  }),
);

/** The first circle of imports: `a.ts -> b.ts -> a.ts`; undefined when there is none. */
function findCircle(): string | undefined {
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): string | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file].join(' -> ');
    if (done.has(file)) return undefined;
    for (const next of IMPORTS.get(file) ?? []) {
      const circle = visit(next, [...way, file]);
      if (circle !== undefined) return circle;
    }
    done.add(file);
    return undefined;
  };
  return FILES.reduce<string | undefined>((found, file) => found ?? visit(file, []), undefined);
}

/** 'dns/zones' for 'dns/zones/zone.ts'; the file itself where it stands loose in src/. */
function roomOf(file: string): string {
  return ROOMS.find((room) => file.startsWith(`${room}/`)) ?? file;
}

test('the rooms of docs/architecture.md are the folders of src, but for lib and model', () => {
  const onPage = readPage().map(([room]) => room);
  const folders = [...new Set(FILES.map(roomOf))].filter((room) => room !== 'main.ts' && !OF_ALL.includes(room));
  expect(onPage.sort()).toEqual(folders.sort());
});

test('its last column is the table of the lint rule', () => {
  const others = (room: string, allowed: readonly string[]): readonly string[] =>
    allowed.filter((other) => other !== room && !OF_ALL.includes(other)).sort();
  const page = readPage().map(([room, column]) => [room, others(room, allowedBy(column))]);
  const lint = Object.entries(MAY_IMPORT).map(([room, allowed]) => [room, others(room, allowed)] as const);
  expect(Object.fromEntries(page)).toEqual(Object.fromEntries(lint.filter(([room]) => !OF_ALL.includes(room))));
});

test('every import keeps to it, also one of a type', () => {
  const strays = FILES.flatMap((file) => {
    const room = roomOf(file);
    const allowed = room === 'lib' ? ['lib'] : [room, ...OF_ALL, ...(room === 'main.ts' ? ['cli'] : (MAY_IMPORT[room] ?? []))];
    return (IMPORTS.get(file) ?? []).filter((other) => !allowed.includes(roomOf(other))).map((other) => `${file} imports ${other}`);
  });
  expect(strays).toEqual([]);
});

test('no file imports itself by way of others', () => {
  expect(IMPORTS.size).toBeGreaterThan(100);
  expect(Array.from(IMPORTS.values()).flat().length).toBeGreaterThan(500);
  expect(findCircle()).toBeUndefined();
});

test(`no room has more than ${LARGEST_SHARE * 100} % of the lines`, () => {
  const lines = FILES.map((file) => [roomOf(file), readFileSync(path.join('src', file), 'utf8').split('\n').length] as const);
  const all = lines.reduce((sum, [, count]) => sum + count, 0);
  const byRoom = new Map<string, number>();
  for (const [room, count] of lines) byRoom.set(room, (byRoom.get(room) ?? 0) + count / all);
  expect([...byRoom].filter(([, share]) => share > LARGEST_SHARE)).toEqual([]);
});
