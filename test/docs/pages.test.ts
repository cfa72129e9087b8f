import { expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { CATALOGUE, type TemplateRow } from '../../src/haproxy/catalogue.ts';
import { below, blocksOf, commandsWith, PAGES, terminalsOf } from './console.ts';

/** Without its blocks of code, which show commands and output. */
function textOf(page: string): string {
  return readFileSync(page, 'utf8').replace(/^(`{3,}).*?^\1/gms, '');
}

/** The anchors of a page's headings, as forges make them. */
function anchorsOf(page: string): readonly string[] {
  const words = Array.from(readFileSync(page, 'utf8').matchAll(/^#+ (.*)$/gm), ([, heading = '']) => heading.toLowerCase());
  return words.map((heading) => heading.replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-'));
}

/** Whether a link from a page leads to a file that is there and, where it names one, to a heading in it. */
function leads(page: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? page : path.join(path.dirname(page), file);
  return existsSync(target) && (anchor === undefined || anchorsOf(target).includes(anchor));
}

test.each(PAGES)('%s: every link leads somewhere', (page) => {
  const links = Array.from(textOf(page).matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link);
  expect(links.filter((link) => !/^https?:/.test(link) && !leads(page, link))).toEqual([]);
});

/** An app of examples/. */
interface Example {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly containers?: readonly { readonly endpoints?: readonly { readonly name: string; readonly labels?: object }[] }[];
}

/** The labels of an app, or of a pod and its endpoints, each by its name. */
function labelsOf({ id, labels, containers = [] }: Example): readonly (readonly [string, object])[] {
  const endpoints = containers.flatMap((container) => container.endpoints ?? []);
  return [[id, labels], ...endpoints.flatMap((one) => (one.labels === undefined ? [] : [[one.name, one.labels] as const]))];
}

/** Where a path in a page may begin: at the top of the project, or, for the rooms, in src/. */
const TOPS = ['bin', 'docs', 'examples', 'fixtures', 'packaging', 'src', 'templates', 'test'];
const ROOMS = readdirSync('src', { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []));

test.each(PAGES)('%s: every file and folder that it names is there', (page) => {
  const paths = Array.from(textOf(page).matchAll(/`([\w.-]+\/[\w./-]*)`/g), ([, name = '']) => name);
  const missing = paths.filter((name) => {
    const [first = ''] = name.split('/');
    if (TOPS.includes(first)) return !existsSync(name);
    return ROOMS.includes(first) && !existsSync(path.join('src', name));
  });
  expect(missing).toEqual([]);
});

test('the words that docs/architecture.md explains are types of src/', () => {
  const page = readFileSync('docs/architecture.md', 'utf8');
  const rows = page.slice(page.indexOf('\n## Words')).match(/^\| `[^|]*\|/gm) ?? [];
  const words = rows.flatMap((row) => Array.from(row.matchAll(/`(\w+)`/g), ([, word = '']) => word));
  const source = below('src', '.ts')
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  expect(words.length).toBeGreaterThan(10);
  expect(words.filter((word) => !new RegExp(`^export (?:interface|type|class) ${word}\\b`, 'm').test(source))).toEqual([]);
});

/** What a terminal may need: nothing but this machine; the tutorial of `npm start`; a cluster; Docker; the sources. */
const NEEDS = ['', 'tutorial', 'cluster', 'docker', 'clone'];
const LANGUAGES = ['json', 'yaml', 'ini', 'text'];

test('every command that a page shows is in a terminal, which is run by a test or says what it needs', () => {
  const wrong = PAGES.flatMap((page) => {
    const needs = terminalsOf(page).filter((terminal) => !NEEDS.includes(terminal.needs) || terminal.shown.length === 0);
    const others = blocksOf(page).filter(({ info, text }) => !/^console\b/.test(info) && (!LANGUAGES.includes(info) || /^\$ /m.test(text)));
    const indented = textOf(page).match(/^(?: {4}|\t)\S.*$/gm) ?? [];
    return [...needs.map((terminal) => terminal.needs), ...others.map(({ info }) => info), ...indented].map((what) => `${page}: ${what}`);
  });
  expect(wrong).toEqual([]);
});

test('what the sources are needed for is there: the scripts of package.json, and the files', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly scripts: Readonly<Record<string, string>> };
  const commands = commandsWith('clone').flatMap(([, shown]) => shown.map(({ command }) => command));
  const missing = commands.filter((command) => {
    const [, script] = /^npm (?:run )?([\w:]+)/.exec(command) ?? [];
    const files = command.match(/\btest\/\S+/g) ?? [];
    return script === undefined ? !files.every((file) => existsSync(file)) : !(script in scripts);
  });
  expect(commands.length).toBeGreaterThan(3);
  expect(missing).toEqual([]);
});

test.each(PAGES)('%s: what it shows as JSON is JSON', (page) => {
  for (const { text } of blocksOf(page).filter(({ info }) => info === 'json')) expect(() => JSON.parse(text) as unknown).not.toThrow();
});

test('docs/templates.md explains every placeholder, and none that there is not', () => {
  const page = readFileSync('docs/templates.md', 'utf8');
  const table = page.slice(page.indexOf('\n## What the placeholders mean'), page.indexOf('\n## A template of your own'));
  const explained = (table.match(/^\| `[^|]*\|/gm) ?? []).flatMap((row) => Array.from(row.matchAll(/`(\w+)`/g), ([, name = '']) => name));
  const all = Object.values<TemplateRow>(CATALOGUE).flatMap(({ places, lists }) => [...places, ...lists]);
  expect([...new Set(explained)].sort()).toEqual([...new Set(all)].sort());
});

test.each(below('docs/cookbook', '.md'))('%s shows the labels of its example', (page) => {
  const shown = JSON.parse(blocksOf(page).find(({ info }) => info === 'json')?.text ?? '') as unknown;
  const file = `examples/${path.parse(page).name}.json`;
  const apps = [JSON.parse(readFileSync(file, 'utf8')) as Example | readonly Example[]].flat();
  expect(shown).toEqual(Object.fromEntries(apps.flatMap(labelsOf)));
});

test('every example has its page in the cookbook', () => {
  const names = (folder: string) => readdirSync(folder).map((name) => path.parse(name).name);
  expect(names('docs/cookbook').sort()).toEqual(names('examples').sort());
});
