import { byText } from '../lib/lists.ts';
import type { Document, Section } from '../model/document.ts';
import { DOMAIN_MAP, TABLE_MAPS } from '../haproxy/settings.ts';
import { diffPatterns } from './diff-patterns.ts';
import { indexRules, type RulesByHost } from './host-rules.ts';
import { entryOf } from './route.ts';
import { sharesOf } from './split-shares.ts';
import { walk, type RequestOutcome } from './walk.ts';

/** A host and path that is answered differently before and after. */
export interface RouteDiff {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  /** A path; of a route by regular expression `~ ` and the expression. */
  readonly path: string;
  /** What answers: a backend, a redirect, a refusal, or nothing. */
  readonly before: string;
  readonly after: string;
  readonly backendBefore: string | null;
  readonly backendAfter: string | null;
}

/**
 * What becomes of a request for every host and path that the rules and maps of either document name, where that is not the same in both; then the
 * routes by regular expression that are not the same.
 */
export function diffRoutes(before: Document, after: Document): readonly RouteDiff[] {
  return ([false, true] as const).flatMap((secure) => [...diffAnswers(before, after, secure), ...diffExpressions(before, after, secure)]);
}

function diffExpressions(before: Document, after: Document, secure: boolean): readonly RouteDiff[] {
  const scheme = secure ? 'https' : 'http';
  return diffPatterns(before, after, secure).map(({ host, path, before: was, after: now }) => ({
    scheme,
    host,
    path,
    before: ledTo(was, before),
    after: ledTo(now, after),
    backendBefore: backendOf(was),
    backendAfter: backendOf(now),
  }));
}

function ledTo(value: string | undefined, { maps }: Document): string {
  return value === undefined ? 'nothing of its own' : sharedOr(value, maps);
}

/** The backend that a value of a map names; null for a split, where chance decides, and where there is no value. */
function backendOf(value: string | undefined): string | null {
  return value?.startsWith('+') === true ? null : (value ?? null);
}

function diffAnswers(before: Document, after: Document, secure: boolean): readonly RouteDiff[] {
  const [was, now] = [makeAnswers(before, secure), makeAnswers(after, secure)];
  const hosts = [...new Set([...was.hosts.keys(), ...now.hosts.keys()])].sort(byText);
  return hosts.flatMap((host) => {
    const paths = new Set(['/', ...(was.hosts.get(host) ?? []), ...(now.hosts.get(host) ?? [])]);
    return [...paths].flatMap((path): readonly RouteDiff[] => {
      const [one, other] = [was.answer(host, path), now.answer(host, path)];
      if (one.text === other.text) return [];
      const scheme = secure ? 'https' : 'http';
      return [{ scheme, host, path, before: one.text, after: other.text, backendBefore: one.backend, backendAfter: other.backend }];
    });
  });
}

interface Answers {
  readonly hosts: ReadonlyMap<string, ReadonlySet<string>>;
  readonly answer: (host: string, path: string) => { readonly text: string; readonly backend: string | null };
}

function makeAnswers(document: Document, secure: boolean): Answers {
  const entry = entryOf(document, secure);
  const known = new Map<Section, RulesByHost>();
  const read = (section: Section): RulesByHost => {
    const found = known.get(section) ?? indexRules(section);
    known.set(section, found);
    return found;
  };
  if (entry === undefined) return { hosts: new Map(), answer: () => ({ text: 'nothing', backend: null }) };
  const inMap = [...(document.maps[DOMAIN_MAP]?.keys() ?? [])].map((host) => [host, new Set<string>()] as const);
  const hosts = new Map<string, ReadonlySet<string>>([...inMap, ...read(entry).hosts]);
  for (const section of document.front) {
    if (!section.fragments.some(({ text }) => text.includes('bind abns@'))) continue; // the frontend of one host
    for (const [host, paths] of read(section).hosts) hosts.set(host, new Set([...(hosts.get(host) ?? []), ...paths]));
  }
  for (const [host, paths] of tableHosts(document)) hosts.set(host, new Set([...(hosts.get(host) ?? []), ...paths]));
  return {
    hosts,
    answer: (host, path) => {
      const outcome = walk(entry, { host, path, secure }, document, (section, asked) => read(section).of(asked));
      const what = whatAnswers(outcome, document);
      return { text: outcome.auth.length > 0 ? `${what}, with a password` : what, backend: outcome.backend ?? null };
    },
  };
}

function whatAnswers({ action, backend = '', row }: RequestOutcome, { maps }: Document): string {
  if (action !== 'backend') return action;
  return row?.value.startsWith('+') === true ? sharedOr(row.value, maps) : backend;
}

/** The shares of a split in words, or the one backend. */
function sharedOr(value: string, maps: Document['maps']): string {
  const shares = sharesOf(value, maps);
  return shares.length === 0 ? value : shares.map((one) => `${one.backend} ${one.percent} %`).join(', ');
}

/** The hosts and wildcards (`*.acme.org`, `*`) of the routing table, each with its paths. A request for a wildcard itself is answered as those below. */
function tableHosts({ maps }: Document): ReadonlyMap<string, Set<string>> {
  const hosts = new Map<string, Set<string>>();
  for (const file of [TABLE_MAPS.host, TABLE_MAPS.path]) {
    for (const key of maps[file]?.keys() ?? []) {
      const at = key.indexOf('/');
      const host = at < 0 ? key : key.slice(0, at);
      const paths = hosts.get(host) ?? new Set<string>();
      hosts.set(host, paths);
      if (at >= 0)
        paths.add(
          key
            .slice(at)
            .replace(/\/\?$/, '')
            .replace(/(?<=.)\/$/, ''),
        );
    }
  }
  return hosts;
}
