import { expect, test } from '@jest/globals';
import { decodeApp } from '../../src/snapshot/decode.ts';
import { expectedResults } from '../../src/snapshot/health.ts';
import { read, VERSION, wireApp, wireTask } from './wire.ts';

const ALIVE = { alive: true, consecutiveFailures: 0, firstSuccess: VERSION, lastSuccess: VERSION, lastFailure: null };
const FAILING = { alive: false, consecutiveFailures: 2, firstSuccess: VERSION, lastSuccess: VERSION, lastFailure: VERSION };
const DEAD = { alive: false, consecutiveFailures: 3, firstSuccess: VERSION, lastSuccess: VERSION, lastFailure: VERSION };
const NEVER = { alive: false, consecutiveFailures: 4, firstSuccess: null, lastSuccess: null, lastFailure: VERSION };
const GRACE = { alive: false, consecutiveFailures: 0, firstSuccess: null, lastSuccess: null, lastFailure: null };
const CHECK = { protocol: 'HTTP', portIndex: 0 };
const OLDER = '2016-01-01T00:00:00.000Z';

test.each([
  ['no results', 1, [], 'unknown'],
  ['results absent', 1, undefined, 'unknown'],
  ['results null', 1, null, 'unknown'],
  ['alive', 1, [ALIVE], 'alive'],
  ['dead', 1, [DEAD], 'dead'],
  ['never alive', 1, [NEVER], 'dead'],
  ['never alive, and failed once', 1, [{ ...NEVER, consecutiveFailures: 1 }], 'dead'],
  ['failed less often than Marathon lets it', 1, [FAILING], 'failing'],
  ['failed as often as Marathon lets it', 1, [{ ...FAILING, consecutiveFailures: 3 }], 'dead'],
  ['failed, and how often is not said', 1, [{ ...FAILING, consecutiveFailures: null }], 'dead'],
  ['two checks, one failing', 2, [ALIVE, FAILING], 'failing'],
  ['two checks, one failing, one dead', 2, [FAILING, DEAD], 'dead'],
  ['within the grace period', 1, [GRACE], 'unknown'],
  ['two checks, both alive', 2, [ALIVE, ALIVE], 'alive'],
  ['two checks, one without a result', 2, [ALIVE], 'unknown'],
  ['two checks, one within the grace period', 2, [ALIVE, GRACE], 'unknown'],
  ['two checks, one dead', 2, [ALIVE, DEAD], 'dead'],
  ['two checks, one dead, one without a result', 2, [DEAD], 'dead'],
  ['two checks, one within the grace period, one dead', 2, [GRACE, DEAD], 'dead'],
  ['a result that is null', 1, [null, ALIVE], 'alive'],
  ['alive without times, of a check by Mesos', 1, [{ alive: true }], 'alive'],
  ['an empty result', 1, [{}], 'unknown'],
  ['no checks, no results', 0, [], 'unknown'],
])('%s', (_, checks, healthCheckResults, health) => {
  const app = wireApp({ healthChecks: Array.from({ length: checks }, () => CHECK), tasks: [wireTask({ healthCheckResults })] });
  expect(read(app).tasks[0]?.health).toBe(health);
});

test.each([
  ['failed', [{ ...FAILING, consecutiveFailures: 1_000 }], 'failing'],
  ['failed, and how often is not said', [{ ...FAILING, consecutiveFailures: null }], 'failing'],
  ['never alive', [NEVER], 'dead'],
  ['alive', [ALIVE], 'alive'],
])('a check for which Marathon never kills: %s', (_, healthCheckResults, health) => {
  const app = wireApp({ healthChecks: [{ ...CHECK, maxConsecutiveFailures: 0 }], tasks: [wireTask({ healthCheckResults })] });
  expect(read(app).tasks[0]?.health).toBe(health);
});

test.each([
  ['of an older version, one result is enough', OLDER, [ALIVE], 'alive'],
  ['of an older version, one is dead', OLDER, [DEAD], 'dead'],
  ['of an older version, no results', OLDER, [], 'unknown'],
  ['of this version, all are wanted', VERSION, [ALIVE], 'unknown'],
  ['of a later version (scaled since), all are wanted', '2018-01-01T00:00:00.000Z', [ALIVE], 'unknown'],
  ['of a version that is not said, all are wanted', null, [ALIVE], 'unknown'],
])('an app that has got a second check, a task %s', (_, version, healthCheckResults, health) => {
  const app = wireApp({ healthChecks: [CHECK, { protocol: 'TCP' }], tasks: [wireTask({ version, healthCheckResults })] });
  expect(read(app).tasks[0]?.health).toBe(health);
});

test('an app whose last change is not known has no older tasks', () => {
  expect(expectedResults([], OLDER, undefined)).toBe(0);
  const app = wireApp({
    versionInfo: null,
    healthChecks: [CHECK, CHECK],
    tasks: [wireTask({ version: OLDER, healthCheckResults: [ALIVE] })],
  });
  expect(read(app).tasks[0]?.health).toBe('unknown');
});

test.each([
  ['one of two is alive', [ALIVE, DEAD], 'alive'],
  ['one is alive, the other has no result', [ALIVE], 'alive'],
  ['all are dead', [DEAD, NEVER], 'dead'],
  ['no results', [], 'unknown'],
  ['within the grace period', [GRACE, GRACE], 'unknown'],
])("under the rule 'any', as for marathon-lb 1.15: %s", (_, healthCheckResults, health) => {
  const app = wireApp({ healthChecks: [CHECK, CHECK], tasks: [wireTask({ healthCheckResults })] });
  expect(decodeApp(JSON.stringify(app), 'any')).toMatchObject({ app: { tasks: [{ health }] } });
});
