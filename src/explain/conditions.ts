import { evaluate, matches, UNKNOWN, type Passage } from './samples.ts';

/** Whether something holds for a request; unknown where that depends on what is not known here. */
export type Truth = boolean | 'unknown';

/** The ACLs of a frontend by name, each with the words behind the name of every line that it has. */
export type Acls = ReadonlyMap<string, readonly (readonly string[])[]>;

/** Whether the condition behind a rule holds: `if host_a !path_b or { ssl_fc }`. A rule without one holds always. */
export function holds(condition: readonly string[], acls: Acls, passage: Passage): Truth {
  const [word, ...terms] = condition;
  if (word === undefined) return true;
  const found = anyOf(alternativesOf(terms).map((all) => allOf(all.map((term) => termHolds(term, acls, passage)))));
  return word === 'unless' ? not(found) : found;
}

/** One of the things that a condition asks for. */
interface Term {
  readonly negated: boolean;
  /** An ACL's name, or the words between braces. */
  readonly what: string | readonly string[];
}

function alternativesOf(words: readonly string[]): readonly (readonly Term[])[] {
  const alternatives: Term[][] = [[]];
  let negated = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === 'or' || word === '||') {
      alternatives.push([]);
      continue;
    }
    const bare = word.replace(/^!+/, '');
    if ((word.length - bare.length) % 2 === 1) negated = !negated;
    if (bare === '') continue;
    if (bare !== '{') alternatives.at(-1)?.push({ negated, what: bare });
    else {
      const end = words.indexOf('}', i);
      alternatives.at(-1)?.push({ negated, what: words.slice(i + 1, end < 0 ? words.length : end) });
      i = end < 0 ? words.length : end;
    }
    negated = false;
  }
  return alternatives;
}

function termHolds({ negated, what }: Term, acls: Acls, passage: Passage): Truth {
  const found = typeof what === 'string' ? namedHolds(what, acls, passage) : criterionHolds(what, passage);
  return negated ? not(found) : found;
}

function namedHolds(name: string, acls: Acls, passage: Passage): Truth {
  const lines = acls.get(name);
  if (lines !== undefined) return anyOf(lines.map((words) => criterionHolds(words, passage)));
  if (['TRUE', 'HTTP', 'METH_GET', 'HTTP_1.1'].includes(name)) return true;
  return name === 'FALSE' || /^METH_|^HTTP_/.test(name) ? false : 'unknown';
}

/** `hdr(host) -i shop.acme.org`, `path_beg /api`, `req.hdr(host),lower,map(…) -m found`. */
function criterionHolds([criterion = '', ...rest]: readonly string[], passage: Passage): Truth {
  const [, name = criterion, suffix, more = ''] = /^([\w.]+?)_(beg|dir|dom|end|len|reg|sub)((?:\(|,).*)?$/.exec(criterion) ?? [];
  const sample = evaluate(name + more, passage);
  const flags = readFlags(rest);
  const method = flags.method ?? suffix ?? 'str';
  if (sample === UNKNOWN) return 'unknown';
  if (method === 'found') return sample !== undefined;
  if (flags.isFromFile) return 'unknown';
  if (sample === undefined) return false;
  if (flags.patterns.length === 0) return sample === '1';
  return anyOf(
    flags.patterns.map((pattern) => {
      const found = matches(sample, pattern, { method, ignoreCase: flags.ignoreCase });
      return found === UNKNOWN ? 'unknown' : found;
    }),
  );
}

function readFlags(words: readonly string[]) {
  let [at, method, ignoreCase, isFromFile]: [number, string | undefined, boolean, boolean] = [0, undefined, false, false];
  for (; words[at]?.startsWith('-') === true; at++) {
    if (words[at] === '--') {
      at++;
      break;
    }
    if (words[at] === '-i') ignoreCase = true;
    if (words[at] === '-m') method = words[++at];
    if (words[at] === '-f') {
      isFromFile = true;
      at++;
    }
  }
  return { method, ignoreCase, isFromFile, patterns: words.slice(at) };
}

function not(truth: Truth): Truth {
  return truth === 'unknown' ? truth : !truth;
}

function anyOf(all: readonly Truth[]): Truth {
  return all.includes(true) ? true : all.includes('unknown') ? 'unknown' : false;
}

function allOf(all: readonly Truth[]): Truth {
  return all.includes(false) ? false : all.includes('unknown') ? 'unknown' : true;
}
