import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { inTime } from '../lib/deadline.ts';
import { refused, type RouteAnswer, type AdminRoute } from './route.ts';

/** Where the files of the page are: the text and the style beside the templates, the scripts in this room, as they are compiled, also when this code is in `dist/command`. */
const TEXTS = fileURLToPath(new URL('../../page/', import.meta.url));
const SCRIPTS = fileURLToPath(new URL('../admin/page/', import.meta.url));

const TYPES = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  js: 'text/javascript; charset=utf-8',
} as const;

/**
 * What the browser may load for the page: its own files and the API, and nothing that stands in the page itself. No script makes elements from text,
 * so that no label can become one.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const READ_MS = 5_000;

/** The page and its files. */
export const pageFileRoutes: readonly AdminRoute[] = [
  { method: 'GET', path: '/', isPage: true, answer: () => readText('index.html') },
  { method: 'GET', path: '/_mlb', isPage: true, answer: () => redirect('_mlb/') },
  { method: 'GET', path: '/page/{file}', answer: ({ params }) => readText(params['file'] ?? '') },
];

function redirect(location: string): RouteAnswer {
  return { status: 308, type: 'text/plain', text: '', headers: { location } };
}

/** One of the files, by its name alone. */
async function readText(name: string): Promise<RouteAnswer> {
  const [, end] = /^[a-z]+(?:-[a-z]+)*\.(html|css|svg|js)$/.exec(name) ?? [];
  const text = end === undefined ? undefined : await readOrNothing((end === 'js' ? SCRIPTS : TEXTS) + name);
  if (text === undefined) return refused({ status: 404, error: `the page has no file ${name}`, hint: 'open / in a browser' });
  return { status: 200, type: TYPES[end as keyof typeof TYPES], text, headers: { 'content-security-policy': POLICY } };
}

/** The file's text; undefined where there is none. Rejects with a sentence when it can't be read. */
async function readOrNothing(file: string): Promise<string | undefined> {
  try {
    return await inTime(readFile(file, 'utf8'), { ms: READ_MS, what: `reading ${file}` });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
