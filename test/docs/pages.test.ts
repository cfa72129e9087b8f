import { expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { terminalsOf } from './console.ts';

const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', ...below('docs', '.md')];

function below(folder: string, end: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(end));
  return names.map((name) => path.join(folder, name));
}

/** Without its blocks of code, which show commands and output. */
function textOf(page: string): string {
  return readFileSync(page, 'utf8')
    .replace(/^(`{3,}).*?^\1/gms, '')
    .replace(/^ {4}.*$/gm, '');
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

test('every terminal that a page shows is run by a test, or says what it needs', () => {
  const others = PAGES.flatMap((page) => {
    const run = page.startsWith(path.join('docs', 'cookbook') + path.sep) || page === path.join('docs', 'guide.md');
    return terminalsOf(page).flatMap(({ needs }) =>
      (needs === '' && !run) || !['', 'cluster'].includes(needs) ? [`${page}: ${needs}`] : [],
    );
  });
  expect(others).toEqual([]);
});

test('every example has its page in the cookbook', () => {
  const names = (folder: string) => readdirSync(folder).map((name) => path.parse(name).name);
  expect(names('docs/cookbook').sort()).toEqual(names('examples').sort());
});
