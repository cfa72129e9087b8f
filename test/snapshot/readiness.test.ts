import { expect, test } from '@jest/globals';
import type { News } from '../../src/model/news.ts';
import type { Readiness } from '../../src/model/snapshot.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import { decodeAll, EMPTY } from '../golden/cases.ts';
import { read, VERSION, wireApp, wireTask } from './wire.ts';

type Json = Readonly<Record<string, unknown>>;

const BEFORE = '2017-07-19T17:34:41.966Z';
const LATER = '2017-07-19T17:35:00.000Z';
const result = (ready: unknown, taskId = 'shop.0001'): Json => ({ name: 'ready', taskId, ready });

/** While a deployment runs, an app with a readiness check and one task, which the deployment has started. */
const deployed = (given: Json = {}, task: Json = {}): Json =>
  wireApp({
    readinessChecks: [{ name: 'ready' }],
    deployments: [{ id: 'd' }],
    readinessCheckResults: [],
    tasks: [wireTask({ stagedAt: LATER, ...task })],
    ...given,
  });

test.each<[string, Json, Json, Readiness]>([
  ['the app has no readiness checks', { readinessChecks: [] }, {}, 'ready'],
  ['it has none, whatever the results', { readinessChecks: [], readinessCheckResults: [result(false)] }, {}, 'ready'],
  ['no deployment runs', { deployments: [] }, {}, 'ready'],
  ['no deployment runs, and a result is left', { deployments: [], readinessCheckResults: [result(false)] }, {}, 'ready'],
  ['it is ready', { readinessCheckResults: [result(true)] }, {}, 'ready'],
  ['it is not', { readinessCheckResults: [result(false)] }, {}, 'not-ready'],
  ['one of two checks has not passed', { readinessCheckResults: [result(true), result(false)] }, {}, 'not-ready'],
  ['both have', { readinessCheckResults: [result(true), result(true)] }, {}, 'ready'],
  ['the result does not say', { readinessCheckResults: [result(null)] }, {}, 'not-ready'],
  ['the result is of another task', { readinessCheckResults: [result(true, 'shop.0002')] }, {}, 'unknown'],
  ['no result yet', {}, {}, 'unknown'],
  ['no result yet, started with the version', {}, { stagedAt: VERSION }, 'unknown'],
  ['results are null', { readinessCheckResults: null }, {}, 'unknown'],
  ['from before the deployment', {}, { stagedAt: BEFORE }, 'ready'],
  ['from before, and it has a result all the same', { readinessCheckResults: [result(false)] }, { stagedAt: BEFORE }, 'not-ready'],
  ['a task that does not say when it was started', {}, { stagedAt: null }, 'ready'],
  ['an app without a version', { version: null }, {}, 'ready'],
  ['before 1.1: none of the fields', { readinessChecks: undefined, deployments: undefined, readinessCheckResults: undefined }, {}, 'ready'],
  ['deployments not asked for', { deployments: undefined }, {}, 'ready'],
])('%s: %s', (_, given, task, readiness) => {
  expect(read(deployed(given, task)).tasks[0]?.readiness).toBe(readiness);
});

const FORGOTTEN = deployed();
const READY = deployed({ readinessCheckResults: [result(true)] });
const NOT_READY = deployed({ readinessCheckResults: [result(false)] });
const OVER = deployed({ deployments: [] });

test.each<[string, readonly Json[], Readiness]>([
  ['ready, forgotten by a new leader', [READY, FORGOTTEN], 'ready'],
  ['ready, forgotten again and again', [READY, FORGOTTEN, FORGOTTEN], 'ready'],
  ['ready, and not any more', [READY, NOT_READY], 'not-ready'],
  ['not ready, forgotten by a new leader', [NOT_READY, FORGOTTEN], 'unknown'],
  ['not ready, forgotten, ready', [NOT_READY, FORGOTTEN, READY], 'ready'],
  ['ready, not ready, forgotten', [READY, NOT_READY, FORGOTTEN], 'unknown'],
  ['never a result, and the deployment is over', [FORGOTTEN, OVER], 'ready'],
  ['there before the deployment began, which forgets nothing', [OVER, FORGOTTEN], 'ready'],
])('%s', (_, reads, readiness) => {
  const state = reads.reduce((before, json, asked) => absorb(before, full(json, asked)), EMPTY);
  expect(state.snapshot.apps[0]?.tasks[0]?.readiness).toBe(readiness);
});

test('health and readiness of a task are remembered independently', () => {
  const alive = (given: Json): Json => ({ ...given, healthCheckResults: [{ alive: true, lastSuccess: VERSION }] });
  const first = deployed({ readinessCheckResults: [result(true)] }, alive({}));
  const health = deployed({}, alive({}));
  const readiness = deployed({ readinessCheckResults: [result(false)] });
  const state = [first, health, readiness].reduce((before, json, asked) => absorb(before, full(json, asked)), EMPTY);
  expect(state.snapshot.apps[0]?.tasks[0]).toMatchObject({ health: 'alive', readiness: 'not-ready' });
});

function full(json: Json, sentAt: number): News {
  return { kind: 'apps', at: sentAt, sentAt, ...decodeAll([json]) };
}
