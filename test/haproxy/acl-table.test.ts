import { expect, test } from '@jest/globals';
import type { Document } from '../../src/model/document.ts';
import type { Front } from '../../src/model/service.ts';
import { decodeAll, readCases, settingsWith, viewOf } from '../golden/cases.ts';

/** One row of the table of rules: what of a service decides which templates its virtual hosts use. */
interface Row {
  readonly list: boolean;
  readonly path: boolean;
  readonly auth: boolean;
  readonly redirect: boolean;
  readonly map: boolean;
}

const TITLES = ['list', 'path', 'auth', 'redirect', 'map'] as const;
const ROWS: readonly Row[] = Array.from({ length: 32 }, (_, bits) => {
  const [list, path, auth, redirect, map] = TITLES.map((_title, bit) => ((bits >> bit) & 1) === 1);
  return { list, path, auth, redirect, map } as Row;
});

const nameOf = (row: Row): string => TITLES.map((title) => (row[title] ? title : `no ${title}`)).join(', ');

const rowOf = ({ routes, auth, redirectToHttps }: Front, map: boolean): Row => ({
  list: routes.length > 1,
  path: routes[0]?.path !== undefined,
  auth: auth !== undefined,
  redirect: redirectToHttps,
  map,
});

/** The templates of the rules of a port on a frontend that it shares with others. */
function rulesOn(
  section: string,
  { front: { app, index }, document }: { readonly front: Front; readonly document: Document },
): readonly string[] {
  const found = document.front.find(({ name }) => name === `frontend ${section}`)?.fragments ?? [];
  return found.filter(({ owner }) => owner.by === 'app' && owner.app === app && owner.index === index).map(({ template }) => template);
}

interface Seen {
  readonly row: Row;
  readonly http: readonly string[];
  readonly https: readonly string[];
  readonly mapped: boolean;
}

/** Whether the routes of a port are rules of marathon-lb's templates: no template of its own, no row of the routing table, no TLS passed through. */
const hasRules = ({ overrides, table, passthrough }: Front): boolean =>
  Object.keys(overrides).length === 0 && table === undefined && passthrough !== true;

const CASES = readCases().filter(({ settings }) => !settingsWith(settings).groupHttpsByVhost && !settings.dontBindHttpHttps);
const SEEN: readonly Seen[] = CASES.flatMap((one) => {
  const { services, document } = viewOf(one);
  const routed = services.filter(({ front }) => front.routes.length > 0 && hasRules(front));
  return routed.map(({ front }): Seen => ({
    row: rowOf(front, settingsWith(one.settings).haproxyMap),
    http: rulesOn('marathon_http_in', { front, document }),
    https: rulesOn('marathon_https_in', { front, document }),
    mapped: front.routes.every(({ host }) => document.maps['domain2backend.map']?.get(host) === front.name),
  }));
});

test.each(ROWS.map((row) => [nameOf(row), row] as const))('{%s} is in a golden case, and leads to its backend', (_, row) => {
  const seen = SEEN.filter((one) => nameOf(one.row) === nameOf(row));
  expect(seen).not.toEqual([]);
  const inMap = row.map && !row.path && !row.auth;
  for (const { http, https, mapped } of seen) {
    expect(mapped).toBe(inMap);
    expect({ http: http.length > 0, https: https.length > 0 }).toEqual({ http: !inMap || row.redirect, https: !inMap });
    expect(http.some((name) => name.includes('REDIRECT'))).toBe(row.redirect);
    expect(https.some((name) => name.includes('PATH'))).toBe(row.path);
    expect(https.some((name) => name.includes('AUTH'))).toBe(row.auth);
  }
});

test('the cases acl-rules and acl-maps have the same apps: an app for each row', () => {
  const [rules, maps] = ['acl-rules', 'acl-maps'].map((name) => readCases().find((one) => one.name === name)?.apps ?? []);
  expect(maps).toEqual(rules);
  expect(decodeAll(rules ?? []).apps).toHaveLength(16);
});
