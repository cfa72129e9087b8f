import path from 'node:path';
import type { Document, MapFile } from '../model/document.ts';
import { isSafeRegex } from '../services/routing-grammars.ts';

/** A plain request that somebody asks about: GET, with no header but Host. */
export interface Request {
  /** Lower case, without a port. */
  readonly host: string;
  readonly path: string;
  /** Whether it comes over TLS. */
  readonly secure: boolean;
}

/** What is known while a request goes through a frontend. */
export interface Passage {
  readonly request: Request;
  readonly maps: Document['maps'];
  /** Variables that rules before have set. */
  readonly variables: ReadonlyMap<string, string>;
}

/** What this reader of rules can't know: an address, a table, a value of the moment. */
export const UNKNOWN = Symbol('unknown');

/** What HAProxy finds in a request; undefined where there is no such thing in it. */
export type SampleValue = string | undefined | typeof UNKNOWN;

/** `req.hdr(host),lower,map(/etc/haproxy/domain2backend.map)`, as HAProxy evaluates it. */
export function evaluate(expression: string, passage: Passage): SampleValue {
  const [first = '', ...converters] = splitOutside(expression, ',');
  return converters.reduce((sample, converter) => convert(sample, converter, passage), fetch(first, passage));
}

/** A name and what stands behind it in parentheses. */
function callOf(text: string): { readonly name: string; readonly args: readonly string[] } {
  const at = text.indexOf('(');
  if (at < 0 || !text.endsWith(')')) return { name: text, args: [] };
  return { name: text.slice(0, at), args: text.slice(at + 1, -1).split(',') };
}

function fetch(text: string, { request, variables }: Passage): SampleValue {
  const { name, args } = callOf(text);
  const { host, path: asked, secure } = request;
  switch (name) {
    case 'hdr':
    case 'req.hdr':
    case 'req.fhdr':
      return args[0]?.toLowerCase() === 'host' ? host : undefined;
    case 'path':
    case 'pathq':
    case 'url':
      return asked;
    case 'base':
      return host + asked;
    case 'ssl_fc_sni':
    case 'req_ssl_sni':
    case 'req.ssl_sni':
      return secure ? host : undefined;
    case 'ssl_fc':
    case 'ssl_fc_has_sni':
      return secure ? '1' : '0';
    case 'method':
      return 'GET';
    case 'fc_http_major':
    case 'always_true':
      return '1';
    case 'always_false':
    case 'http_auth': // a plain request brings no password
    case 'rand': // one of the apps of a split answers: here the one with the first share
      return '0';
    case 'str':
    case 'bool':
    case 'int':
      return args[0] ?? '';
    case 'var':
      return variables.get(args[0] ?? '');
    default:
      return UNKNOWN;
  }
}

function convert(sample: SampleValue, text: string, { maps, variables }: Passage): SampleValue {
  if (typeof sample !== 'string') return sample;
  const { name, args } = callOf(text);
  const [first = '', second = ''] = args;
  if (name === 'lower') return sample.toLowerCase();
  if (name === 'upper') return sample.toUpperCase();
  if (name === 'field') return fieldOf(sample, { index: Number(first), separator: second, count: Number(args[2] ?? 1) });
  if (name === 'host_only') return sample.startsWith('[') ? sample.replace(/(?<=\]):.*$/, '') : (sample.split(':', 1)[0] ?? '');
  if (name === 'rtrim') return first === '.' ? withoutDots(sample) : UNKNOWN;
  if (name === 'add') return String(Number(sample) + Number(first));
  if (name === 'regsub' && first === '\\.$' && second === '') return sample.replace(/\.$/, '');
  if (name === 'regsub') return first === ':.*$' && second === '' ? (sample.split(':', 1)[0] ?? '') : UNKNOWN; // an app's expression may never end
  if (name === 'set-var') return sample;
  if (name === 'concat') return `${sample}${first}${variables.get(second) ?? ''}${args[2] ?? ''}`;
  if (name === 'strcmp') return sample === variables.get(first) ? '0' : '1';
  const [, method = 'str'] = /^map(?:_(str|beg|end|sub|dom|dir|reg))?$/.exec(name) ?? [];
  if (!name.startsWith('map')) return UNKNOWN;
  const map = maps[path.basename(first)];
  if (map === undefined) return UNKNOWN;
  const key = keyIn(map, sample, method);
  return key === undefined ? args[1] : map.get(key);
}

/** The key of a map that HAProxy finds for a sample: the same, the longest beginning, or the first that matches otherwise. */
function keyIn(map: MapFile, sample: string, method: string): string | undefined {
  if (method === 'str') return map.has(sample) ? sample : undefined;
  if (method !== 'beg') return [...map.keys()].find((key) => matches(sample, key, { method, ignoreCase: false }) === true);
  for (let end = sample.length; end > 0; end--) if (map.has(sample.slice(0, end))) return sample.slice(0, end);
  return undefined;
}

/** A row of a map file. */
export interface RowOfMapFile {
  readonly file: string;
  readonly key: string;
  readonly value: string;
}

/** The row of a map file from which an expression has its value, when the last thing that it does is to look into one. */
export function rowOf(expression: string, passage: Passage): RowOfMapFile | undefined {
  const converters = [...splitOutside(expression, ',')];
  const { name, args } = callOf(converters.pop() ?? '');
  const [, method = 'str'] = /^map_(str|beg)$/.exec(name) ?? [];
  const file = path.basename(args[0] ?? '');
  const [map, sample] = [passage.maps[file], evaluate(converters.join(','), passage)];
  const key = map === undefined || typeof sample !== 'string' ? undefined : keyIn(map, sample, method);
  return key === undefined ? undefined : { file, key, value: map?.get(key) ?? '' };
}

function withoutDots(text: string): string {
  let end = text.length;
  while (text[end - 1] === '.') end--;
  return text.slice(0, end);
}

interface FieldOf {
  /** From 1 on; from -1 backwards from the end. */
  readonly index: number;
  readonly separator: string;
  /** How many fields; 0 for all that are left. */
  readonly count: number;
}

function fieldOf(sample: string, { index, separator, count }: FieldOf): SampleValue {
  const all = sample.split(separator);
  const fields = index < 0 ? all.slice(0, all.length + index + 1) : all.slice(index - 1);
  const wanted = count === 0 ? fields : index < 0 ? fields.slice(-count) : fields.slice(0, count);
  return fields.length > 0 ? wanted.join(separator) : undefined;
}

/** A sample in a text. It ends before the next one begins, so that a text with many beginnings and no end is read once. */
const SAMPLE = /%\[((?:(?!%\[)[^\]])*)\]/g;

/** `%[var(txn.host)]%[path]/`: a text with samples in it. A sample that is not in the request leaves nothing. */
export function evaluateFormat(text: string, passage: Passage): SampleValue {
  const samples = [...text.matchAll(SAMPLE)].map(([, expression = '']) => evaluate(expression, passage));
  if (samples.includes(UNKNOWN)) return UNKNOWN;
  let at = 0;
  return text.replace(SAMPLE, () => {
    const sample = samples[at++];
    return typeof sample === 'string' ? sample : '';
  });
}

/** How a sample is compared with a pattern. */
export interface Comparison {
  /** `str`, `beg`, `end`, … as behind `-m`. */
  readonly method: string;
  readonly ignoreCase: boolean;
}

/** Whether a sample matches a pattern. */
export function matches(sample: string, pattern: string, { method, ignoreCase }: Comparison): boolean | typeof UNKNOWN {
  const [text, wanted] = ignoreCase ? [sample.toLowerCase(), pattern.toLowerCase()] : [sample, pattern];
  switch (method) {
    case 'int':
    case 'str':
      return text === wanted;
    case 'beg':
      return text.startsWith(wanted);
    case 'end':
      return text.endsWith(wanted);
    case 'sub':
      return text.includes(wanted);
    case 'dir':
      return `/${text}/`.includes(`/${wanted.replace(/^\/|\/$/g, '')}/`);
    case 'dom':
      return `.${text}.`.includes(`.${wanted.replace(/^\.|\.$/g, '')}.`);
    case 'reg':
      return wanted.startsWith('^') && isSafeRegex(wanted.slice(1)) ? new RegExp(wanted).test(text) : UNKNOWN;
    default:
      return UNKNOWN; // other regular expressions of apps are not run here
  }
}

/** Parts of a text between separators that stand outside of parentheses. */
function splitOutside(text: string, separator: string): readonly string[] {
  const parts = [''];
  let depth = 0;
  for (const letter of text) {
    if (letter === '(') depth++;
    else if (letter === ')') depth--;
    if (letter === separator && depth === 0) parts.push('');
    else parts.push((parts.pop() ?? '') + letter);
  }
  return parts;
}
