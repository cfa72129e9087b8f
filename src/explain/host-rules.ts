import type { Section } from '../model/document.ts';
import { allRulesOf, type Rule, type FrontendRules } from './rules.ts';

/** What a rule is about, as far as its condition says it in plain words. */
interface About {
  /** The hosts that it asks for; undefined where it may match any. */
  readonly hosts: readonly string[] | undefined;
  /** The beginnings of paths that it asks for. */
  readonly paths: readonly string[];
}

/** A frontend's rules by host, read once for many questions. */
export interface RulesByHost {
  readonly of: (host: string) => FrontendRules;
  /** Each host that a rule asks for, with one path for every rule of it that asks for paths. */
  readonly hosts: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The rules of a frontend by the hosts that they ask for. */
export function indexRules(section: Section): RulesByHost {
  const all = allRulesOf(section);
  const hosts = new Map<string, Set<string>>();
  const byHost = new Map<string, number[]>();
  const anyHost: number[] = [];
  for (const [i, rule] of all.rules.entries()) {
    const about = aboutOf(rule, all);
    if (about.hosts === undefined) anyHost.push(i);
    for (const host of about.hosts ?? []) {
      byHost.set(host, [...(byHost.get(host) ?? []), i]);
      const paths = hosts.get(host) ?? new Set<string>();
      hosts.set(host, paths);
      for (const path of about.paths) paths.add(path);
    }
  }
  const of = (host: string): FrontendRules => {
    const places = [...anyHost, ...(byHost.get(host) ?? [])].sort((a, b) => a - b);
    return { acls: all.acls, rules: places.flatMap((i) => all.rules[i] ?? []) };
  };
  return { of, hosts };
}

/** Criteria that ask for one host, word for word. */
const HOST = /^(?:req\.)?hdr\(host\)(?:,lower)?$|^(?:ssl_fc_sni|req_ssl_sni|req\.ssl_sni)(?:,lower)?$/i;

function aboutOf({ condition }: Rule, { acls }: FrontendRules): About {
  const [, ...words] = condition;
  if (condition[0] !== 'if' || words.includes('or') || words.includes('||')) return { hosts: undefined, paths: [] };
  const criteria = criteriaIn(words, acls);
  const ofHost = criteria.find((lines) =>
    lines.every(([name = '', ...rest]) => HOST.test(name) && !rest.includes('-m') && !rest.includes('-f')),
  );
  const ofPath = criteria.flatMap((lines) => lines.filter(([name]) => name === 'path_beg'));
  return {
    hosts: ofHost?.flatMap(valuesOf).map((host) => host.toLowerCase()),
    paths: ofPath.flatMap(valuesOf).filter((path) => path.startsWith('/')),
  };
}

/** The lines of each ACL that a condition asks for, not of those that it rules out. */
function criteriaIn(words: readonly string[], acls: FrontendRules['acls']): readonly (readonly (readonly string[])[])[] {
  const found: (readonly (readonly string[])[])[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word.endsWith('{')) {
      const end = words.indexOf('}', i);
      if (word === '{') found.push([words.slice(i + 1, end)]);
      i = end < 0 ? words.length : end;
    } else if (!word.startsWith('!')) found.push(acls.get(word) ?? []);
  }
  return found.filter((lines) => lines.length > 0);
}

function valuesOf([, ...words]: readonly string[]): readonly string[] {
  return words.filter((word) => !word.startsWith('-'));
}
