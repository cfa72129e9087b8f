import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { readSavedApp } from '../../src/saved/saved-app.ts';
import { linesOfFragments } from '../../src/blame/fragment-lines.ts';
import { textOf } from '../../src/haproxy/file-text.ts';
import { makeElementCutter } from '../../src/lib/json-elements.ts';
import type { View } from '../../src/model/view.ts';
import type { News } from '../../src/model/news.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import { decodeApp, type DecodedApp } from '../../src/snapshot/decode.ts';
import type { State } from '../../src/snapshot/state.ts';
import { EMPTY, makeDeriver } from '../golden/cases.ts';
import { SPOILS, spoilt, waysIn, type Way } from '../snapshot/spoil.ts';
import { VERSION, wholeApp, wireApp, wireTask } from '../snapshot/wire.ts';
import { type Json } from './cluster.ts';

const appsIn = (name: string): readonly Json[] => JSON.parse(readFileSync(`fixtures/cases/${name}/apps.json`, 'utf8')) as readonly Json[];

/** The only app of a golden case, under an id in the middle, with one task. */
function sent(name: string): Json {
  const [app] = appsIn(name);
  return { ...app, id: '/m', tasks: (app?.['tasks'] as readonly Json[]).slice(0, 1) };
}

const OTHERS = ['/a', '/z'].map((id, i) =>
  wireApp({
    id,
    labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: `${id.slice(1)}.acme.org` },
    container: { portMappings: [{ containerPort: 80, hostPort: 0, servicePort: 20_000 + i }] },
    tasks: [wireTask({ id: `${id.slice(1)}.0001`, ports: [31_500 + i], healthCheckResults: [{ alive: true, lastSuccess: VERSION }] })],
  }),
);

/** A body of `/v2/apps` with this text between two good apps, cut and decoded as it comes from the wire. */
function decodeBody(text: string): readonly DecodedApp[] {
  const [before, after] = OTHERS.map((app) => JSON.stringify(app));
  const cutter = makeElementCutter('apps');
  const elements = cutter.push(Buffer.from(`{"apps":[${before},${text},${after}]}`));
  cutter.end();
  return elements.map((json) => decodeApp(json));
}

function readOf(sentAt: number, decoded: readonly DecodedApp[]): News {
  const apps = decoded.flatMap((one) => ('app' in one ? [one.app] : []));
  const problems = decoded.flatMap((one) => ('problem' in one ? [one.problem] : []));
  return { kind: 'apps', at: sentAt, sentAt, apps, problems };
}

/** Anything but what a line of a configuration is made of. */
const CONTROL = /[^\P{Cc}\n]/u;

/** All text of the document that is the others'. */
function textOfOthers({ document }: View): string {
  const rows = linesOfFragments(document).filter(({ fragment: { owner } }) => owner.by === 'app' && ['/a', '/z'].includes(owner.app));
  return rows.map(({ section, fragment }) => `${section.name}: ${fragment.text}`).join('');
}

const derive = makeDeriver();
const viewOf = (state: State): View => derive(state) as View;

interface Spoilt {
  readonly what: string;
  readonly way: Way;
  readonly text: string;
}

function spoilsOf(app: Json): readonly Spoilt[] {
  return waysIn(app).flatMap((way) =>
    SPOILS.map(([name, text]) => ({ what: `${way.join('.')} ${name}`, way, text: spoilt(app, way, text) })),
  );
}

test.each([
  ['0.11', sent('network-host-0.11')],
  ['1.4', sent('tutorial-1.4')],
  ['1.5', sent('tutorial-1.5')],
  ['health checks', sent('health')],
  ['a deployment, and the forms of all versions at once', wholeApp('/m')],
])('every field of an answer absent, null, of another kind, or huge: the other apps are what they were (%s)', (_, app) => {
  const start = absorb(EMPTY, readOf(1, decodeBody(JSON.stringify(app))));
  const good = textOfOthers(viewOf(start));
  expect(good).toContain('backend a_20000');
  const own = JSON.stringify(start.snapshot.apps[1]);
  for (const { what, way, text } of spoilsOf(app)) {
    const decoded = decodeBody(text);
    const after = absorb(start, readOf(2, decoded));
    const [first, last] = [after.snapshot.apps[0], after.snapshot.apps.at(-1)];
    const view = viewOf(after);
    const others = [first === start.snapshot.apps[0], last === start.snapshot.apps.at(-1), textOfOthers(view)];
    expect([what, ...others]).toEqual([what, true, true, good]);
    expect([what, [...textOf(view.document)].some((line) => CONTROL.test(line))]).toEqual([what, false]);
    const [, bad] = decoded;
    if (bad === undefined || 'app' in bad) {
      expect([what, readSavedApp(JSON.parse(JSON.stringify(bad?.app)), 'it')]).toEqual([what, bad?.app]);
      continue;
    }
    const { message, owner } = bad.problem;
    expect([what, message, message.length < 500]).toEqual([what, expect.stringContaining(` ${way.join('.')}`), true]);
    if (way[0] === 'id') continue;
    expect([what, owner]).toEqual([what, { by: 'app', app: '/m' }]);
    expect([what, JSON.stringify(after.snapshot.apps[1])]).toEqual([what, own]);
  }
});
