import type { BackendSection, Document, Fragment, MapFile, Section } from '../model/document.ts';
import type { BackendName, ServerName } from '../model/names.ts';
import { readCertificates } from './certificates-file.ts';
import { isOwnBackend } from './daemon-backend.ts';
import { readServerLine } from './server-line.ts';
import { CERTIFICATES_FILE } from './settings.ts';
import { OPENERS } from './backend-traits.ts';
import { isClassName } from './classes.ts';
import { isSpare } from './spares.ts';

/**
 * Reads a document back from files that this program wrote. `maps` are the texts of the map files and of the certificates file, by file name. The
 * operator owns all fragments, because the files do not tell the owners. Sections are cut as the renderer writes them: everything before the first
 * userlist, frontend or backend is the head; the backends at the end are those of services, and what is ready for more of them; backends before a frontend are part of the front.
 */
export function readDocument(config: string, maps: Readonly<Record<string, string>>): Document {
  const sections = cut(config);
  const first = sections.findIndex(({ keyword }) => AFTER_HEAD.has(keyword));
  const [start, end] = [
    first < 0 ? sections.length : first,
    sections.findLastIndex(({ keyword, name }) => (keyword !== 'backend' && !isClass(name)) || isOwnBackend(name)) + 1,
  ];
  const head = sections.slice(0, start);
  const fronts = sections.slice(start, end).map(({ name, text }) => ({ name, fragments: [asRead(text)] }));
  const { [CERTIFICATES_FILE]: certificates, ...ofMaps } = maps;
  const headText = head.map(({ text }) => text).join('');
  const all = sections.slice(end).map(readBackend);
  const isReady = ({ name, backend }: BackendSection): boolean => isSpare(backend) || isClass(name);
  const spares = all.filter(isReady);
  return {
    front: [...(headText === '' ? [] : [{ name: 'head', fragments: [asRead(headText)] }]), ...fronts] satisfies readonly Section[],
    backends: spares.length === 0 ? all : all.filter((section) => !isReady(section)),
    ...(spares.length > 0 && { spares }),
    maps: Object.fromEntries(Object.entries(ofMaps).map(([name, text]) => [name, readMap(text)])),
    ...(certificates !== undefined && { certificates: readCertificates(certificates) }),
  };
}

/** Whether a section is one from which HAProxy makes backends. */
function isClass(name: string): boolean {
  return name.startsWith('defaults ') && isClassName(name.slice('defaults '.length));
}

const AFTER_HEAD: ReadonlySet<string> = new Set(['userlist', 'frontend', 'backend']);

interface Cut {
  readonly keyword: string;
  readonly name: string;
  readonly text: string;
}

/** Cuts a text into pieces that each open a section. Blank lines and comments belong to the piece after them, as in the templates. */
function cut(config: string): readonly Cut[] {
  const cuts: { keyword: string; name: string; text: string }[] = [];
  let between = '';
  for (const line of linesOf(config)) {
    const [keyword = '', name = ''] = line.trim().split(/\s+/);
    if (keyword === '' || keyword.startsWith('#')) {
      between += line;
      continue;
    }
    const last = cuts.at(-1);
    if (OPENERS.has(keyword) || last === undefined) cuts.push({ keyword, name: `${keyword} ${name}`.trim(), text: between + line });
    else last.text += between + line;
    between = '';
  }
  const last = cuts.at(-1);
  if (last !== undefined) last.text += between;
  return last === undefined && between !== '' ? [{ keyword: '', name: '', text: between }] : cuts;
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

function asRead(text: string): Fragment {
  return { template: 'HAPROXY_HEAD', owner: { by: 'operator' }, text };
}

/** Reads a backend. Only the last `server` lines are servers of tasks; those with other lines after them may be the template's. */
function readBackend({ name, text }: Cut): BackendSection {
  const lines = linesOf(text);
  const behind = lines.findLastIndex((line) => readServerLine(line) === undefined) + 1;
  const servers = new Map<ServerName, Fragment>();
  for (const line of lines.slice(behind)) servers.set(readServerLine(line)?.name as ServerName, { ...asRead(line), template: SERVER });
  const isEach = servers.size === lines.length - behind; // false when two servers have the same name
  return {
    name,
    backend: name.replace(/^(?:backend|defaults) /, '') as BackendName,
    fragments: [asRead(isEach ? lines.slice(0, behind).join('') : text)],
    servers: isEach ? servers : new Map(),
    leaving: new Set(),
  };
}

const SERVER = 'HAPROXY_BACKEND_SERVER_OPTIONS';

/** Reads a map file: one key and backend on each line. When a key comes twice, HAProxy uses the first entry. */
function readMap(text: string): MapFile {
  const map = new Map<string, BackendName>();
  for (const line of text.split('\n')) {
    const [key = '', value] = line.trim().split(/\s+/);
    if (key !== '' && !key.startsWith('#') && value !== undefined && !map.has(key)) map.set(key, value as BackendName);
  }
  return map;
}
