import { expect, test } from '@jest/globals';
import { findStandIns } from '../../src/blame/stand-ins.ts';
import type { Culprits } from '../../src/blame/culprits.ts';
import type { TemplateName } from '../../src/haproxy/catalogue.ts';
import { makeRenderer } from '../../src/haproxy/document.ts';
import { textOf } from '../../src/haproxy/file-text.ts';
import type { Document } from '../../src/model/document.ts';
import type { AppId } from '../../src/model/names.ts';
import { DEFAULTS, front, server, service, settings, templatesWith } from '../haproxy/make.ts';

const MARKED: readonly TemplateName[] = ['HAPROXY_HEAD', 'HAPROXY_HTTP_FRONTEND_HEAD', 'HAPROXY_BACKEND_HTTP_OPTIONS'];

/** A document of one app in which each of these templates is the operator's: the default one and a comment with its own name. */
function rendered(): Document {
  const own = Object.fromEntries(
    MARKED.map((name) => [name, { text: `${DEFAULTS.get(name) ?? ''}  # ${name}\n`, language: 'handlebars', from: name } as const]),
  );
  const document = makeRenderer(templatesWith(own), settings())([service(front(), [server(31000)])], {
    major: 2,
    minor: 6,
  });
  return document.document;
}

const NOBODY: Culprits = { blamed: [], operator: [], unknown: ['something odd'], isCommon: false, isConfirmed: false };
const LINES = ['[ALERT] (7) : config : something odd'];

/** What stands in when HAProxy refuses each document in which all templates of one of these groups are the operator's. */
async function standIns(groups: readonly (readonly TemplateName[])[], finding: Culprits = NOBODY) {
  const asked: string[] = [];
  const check = (document: Document) => {
    const text = [...textOf(document)].join('');
    asked.push(text);
    const isRefused = groups.some((group) => group.every((name) => text.includes(`# ${name}\n`)));
    return Promise.resolve(isRefused ? ({ ok: false, lines: LINES } as const) : ({ ok: true } as const));
  };
  return { found: await findStandIns({ document: rendered(), lines: LINES, finding, check }), asked };
}

test.each<[readonly (readonly TemplateName[])[], readonly TemplateName[]]>([
  [[['HAPROXY_HEAD']], ['HAPROXY_HEAD']],
  [[['HAPROXY_HTTP_FRONTEND_HEAD']], ['HAPROXY_HTTP_FRONTEND_HEAD']],
  [
    [['HAPROXY_HEAD'], ['HAPROXY_BACKEND_HTTP_OPTIONS']],
    ['HAPROXY_HEAD', 'HAPROXY_BACKEND_HTTP_OPTIONS'],
  ],
  [[['HAPROXY_HEAD', 'HAPROXY_HTTP_FRONTEND_HEAD']], ['HAPROXY_HTTP_FRONTEND_HEAD']],
])('HAProxy names no line, and refuses documents with %j: the fewest default templates that help stand in', async (groups, wanted) => {
  const { found } = await standIns(groups);
  expect(found?.templates).toEqual(wanted);
  expect(found?.problems).toMatchObject([
    { message: expect.stringContaining(`${wanted.join(', ')}, and names no line`), hint: expect.stringContaining('is used in its place') },
  ]);
  expect(found?.problems[0]?.message).toContain('something odd');
});

test('what HAProxy refuses with the default templates as well is not theirs: one more run says so', async () => {
  const { found, asked } = await standIns([[]]);
  expect([found, asked.length]).toEqual([undefined, 1]);
});

test('what it refuses without any app is looked for without the apps', async () => {
  const { found, asked } = await standIns([['HAPROXY_HEAD']], { ...NOBODY, shown: 'without-apps' });
  expect(found?.templates).toEqual(['HAPROXY_HEAD']);
  expect(asked.filter((text) => text.includes('backend shop_10000'))).toEqual([]);
});

test('apps that are to blame are left out first', async () => {
  const blamed = [{ owner: { by: 'app', app: '/shop' as AppId, index: 0 }, words: 'something odd' } as const];
  await expect(standIns([['HAPROXY_HEAD']], { ...NOBODY, blamed })).resolves.toEqual({ found: undefined, asked: [] });
});

test("a template that HAProxy's words name stands in at once, unless it is the default one already", async () => {
  const named = (name: string): Culprits => ({
    ...NOBODY,
    unknown: [],
    operator: [`HAProxy does not accept the operator's template ${name}: odd`],
  });
  const { found, asked } = await standIns([], named('HAPROXY_HEAD'));
  expect([found?.templates, asked.length]).toEqual([['HAPROXY_HEAD'], 0]);
  expect((await standIns([['HAPROXY_HEAD']], named('HAPROXY_BACKEND_HEAD'))).found?.templates).toEqual(['HAPROXY_HEAD']);
});
