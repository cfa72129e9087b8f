import { afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loadMiddle } from '../../src/middle.ts';
import type { View } from '../../src/loop.ts';
import { PORT_LABELS } from '../../src/services/labels.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import { EMPTY, served, filesOf, settingsWith } from '../golden/cases.ts';
import { estateOf, GROUPED_TARGETS, TARGETS, type Target } from '../services/hostile-estate.ts';
import { HOSTILE, type Hostile } from '../services/hostile-values.ts';
import { read } from '../story/cluster.ts';
import { endAll, makeFolder } from './ends.ts';
import { useCertificate } from './fixtures/certificate.ts';
import { needHaproxy, type Ends } from './fixtures/stage.ts';

jest.setTimeout(60_000);

const ends: Ends = [];
const certificate = useCertificate();

beforeAll(needHaproxy);
afterEach(() => endAll(ends));

/** `haproxy -c` on an estate of apps, in which each label has the hostile value; with maps or without. */
async function check(value: Hostile, haproxyMap: boolean): Promise<{ readonly code: number; readonly alerts: readonly string[] }> {
  const folder = await makeFolder(ends);
  const haproxyConfig = path.join(folder, 'haproxy.cfg');
  const settings = settingsWith({ haproxyConfig, haproxyMap });
  const derive = await loadMiddle({ settings, env: {} });
  const apps = estateOf([...TARGETS, ...GROUPED_TARGETS], (target) => valueOf(target, value));
  const view = derive(absorb({ ...EMPTY, certificates: served(certificate.file()) }, read(...apps))) as View;
  for (const [file, text] of filesOf(view)) await writeFile(path.join(folder, file), text);
  return new Promise((resolve) => {
    const child = execFile('haproxy', ['-c', '-f', haproxyConfig], { maxBuffer: 1 << 26 }, (_, stdout, stderr) => {
      const alerts = (stdout + stderr).split('\n').filter((line) => line.includes('[ALERT]'));
      resolve({ code: child.exitCode ?? -1, alerts: alerts.map((line) => line.slice(0, 500)) });
    });
  });
}

/** A file that is a good name and is not there is another matter than a value that is none: such a certificate is left out here. */
function valueOf({ name, valid }: Target, { of }: Hostile): string | undefined {
  const value = of(valid);
  const isFile = name === 'SSL_CERT' && PORT_LABELS.certificate.grammar.read(value).value !== undefined;
  const hasFile = name === 'BIND_OPTIONS' && /\bcrt \//.test(PORT_LABELS.bindOptions.grammar.read(value).value ?? '');
  return isFile || hasFile ? undefined : value;
}

test.each(HOSTILE.map((value) => [value.title, value] as const))(
  'HAProxy takes the file of an estate with %s in every label',
  async (_, value) => {
    const checked = await Promise.all([true, false].map((maps) => check(value, maps)));
    for (const { code, alerts } of checked) {
      expect(alerts).toEqual([]);
      expect(code).toBe(0);
    }
  },
);
