import { afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loadMiddle } from '../../src/daemon/load-derive.ts';
import type { View } from '../../src/model/view.ts';
import { PORT_LABELS } from '../../src/services/labels.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import type { State } from '../../src/snapshot/state.ts';
import { EMPTY, filesOf, listOf, served, settingsWith } from '../golden/cases.ts';
import { estateOf, GROUPED_TARGETS, TARGETS, type Target } from '../services/hostile-estate.ts';
import { HOSTILE, type Hostile } from '../services/hostile-values.ts';
import { read } from '../story/cluster.ts';
import { endAll, makeFolder } from './ends.ts';
import { useCertificate } from './fixtures/certificate.ts';
import { needHaproxy, type Ends } from './fixtures/stage.ts';
import { RELEASE } from './release.ts';

jest.setTimeout(60_000);

const ends: Ends = [];
const certificate = useCertificate();

beforeAll(needHaproxy);
afterEach(() => endAll(ends));

/** So many values stand in one file, each in apps of its own: HAProxy's start takes longer than what it reads. */
const TOGETHER = 32;

/** What HAProxy has against a file. */
interface Checked {
  readonly code: number;
  readonly alerts: readonly string[];
}

/** What HAProxy has against a file with these values, each in every label: with maps and without, of apps that are read once. */
async function check(values: readonly Hostile[]): Promise<readonly Checked[]> {
  const state = absorb({ ...EMPTY, release: RELEASE, certificates: served(certificate.file()) }, read(...estateWith(values)));
  return Promise.all([true, false].map((haproxyMap) => checkWith(state, haproxyMap)));
}

async function checkWith(state: State, haproxyMap: boolean): Promise<Checked> {
  const folder = await makeFolder(ends);
  const haproxyConfig = path.join(folder, 'haproxy.cfg');
  const derive = await loadMiddle({ settings: settingsWith({ haproxyConfig, haproxyMap }), env: {} });
  const view = derive(state) as View;
  for (const [file, text] of [...filesOf(view), ...listOf(view)]) await writeFile(path.join(folder, file), text);
  return new Promise((resolve) => {
    const child = execFile('haproxy', ['-c', '-f', haproxyConfig], { maxBuffer: 1 << 26 }, (_, stdout, stderr) => {
      const alerts = (stdout + stderr).split('\n').filter((line) => line.includes('[ALERT]'));
      resolve({ code: child.exitCode ?? -1, alerts: alerts.map((line) => line.slice(0, 500)) });
    });
  });
}

/** The apps of all targets once for each value; value n in those whose names begin with `/evil-n-`. */
function estateWith(values: readonly Hostile[]): ReturnType<typeof estateOf> {
  const rows = values.flatMap((value, n) => [...TARGETS, ...GROUPED_TARGETS].map((target) => [numbered(target, n), value] as const));
  const byTarget = new Map(rows);
  return estateOf(
    rows.map(([target]) => target),
    (target) => valueOf(target, byTarget.get(target) as Hostile),
  );
}

function numbered(target: Target, n: number): Target {
  const others = Object.entries(target.others).map(([label, value]) => [label, label === 'HAPROXY_GROUP' ? value : `${n}-${value}`]);
  return { ...target, app: target.app.replace('/evil-', `/evil-${n}-`), others: Object.fromEntries(others) as Target['others'] };
}

/** A file that is a good name and is not there is another matter than a value that is none: such a certificate is left out here. */
function valueOf({ name, valid }: Target, { of }: Hostile): string | undefined {
  const value = of(valid);
  const isFile = name === 'SSL_CERT' && PORT_LABELS.certificate.grammar.read(value).value !== undefined;
  const hasFile = name === 'BIND_OPTIONS' && /\bcrt \//.test(PORT_LABELS.bindOptions.grammar.read(value).value ?? '');
  const isCa = name === 'BACKEND_CA' && PORT_LABELS.backendCa.grammar.read(value).value !== undefined;
  return isFile || hasFile || isCa ? undefined : value;
}

const BATCHES = Array.from({ length: Math.ceil(HOSTILE.length / TOGETHER) }, (_, i) => HOSTILE.slice(i * TOGETHER, (i + 1) * TOGETHER));

test.each(BATCHES.map((values) => [values[0]?.title, values.at(-1)?.title, values] as const))(
  'HAProxy takes the file of estates with %s, …, %s in every label',
  async (_, __, values) => {
    for (const { code, alerts } of await check(values)) {
      expect(alerts).toEqual([]);
      expect(code).toBe(0);
    }
  },
);
