import { expect, test } from '@jest/globals';
import type { View } from '../../src/model/view.ts';
import { eventAt, nginx, read, readAt, Story, task, tasksOf, type Json } from './cluster.ts';

const ONE = 'nginx.0001';
const TWO = 'nginx.0002';
const CHECKED = { healthChecks: [{ protocol: 'HTTP', portIndex: 0, maxConsecutiveFailures: 3 }] };
const BEFORE = '2017-07-19T17:34:43.039Z';
const DEPLOYED = '2018-01-01T00:00:00.000Z';

const why = ({ leftOut }: View): readonly string[] => leftOut.map((one) => `${one.task ?? one.app} ${one.why}`);

test('a check fails: who fails serves no more while another is alive; the last one serves until Marathon gives it up', () => {
  const story = Story.begin();
  type Health = 'alive' | 'failing' | 'dead' | 'unknown';
  const serving = (one: Health, two: Health): readonly string[] =>
    tasksOf(story.tell(read(nginx([task(1, { health: one }), task(2, { health: two })], CHECKED))));
  expect(serving('alive', 'unknown')).toEqual([ONE]);
  expect(serving('alive', 'alive')).toEqual([ONE, TWO]);
  expect(serving('failing', 'alive')).toEqual([TWO]);
  expect(serving('failing', 'failing')).toEqual([ONE, TWO]);
  expect(serving('unknown', 'unknown')).toEqual([ONE, TWO]); // a new leader has forgotten, and nothing is taken out
  expect(serving('failing', 'dead')).toEqual([ONE]);
  expect(serving('dead', 'dead')).toEqual([]);
  expect(serving('alive', 'dead')).toEqual([ONE]);
});

test('the last one that fails is killed: it does not serve on', () => {
  const story = Story.begin();
  const last = nginx([task(1, { health: 'failing' })], CHECKED);
  expect(tasksOf(story.tell(readAt(1, last)))).toEqual([ONE]);
  expect(tasksOf(story.tell(eventAt(5, 'TASK_KILLING', task(1)), readAt(3, last)))).toEqual([]);
});

test('without --health-check failing tasks are as good as others', () => {
  const story = Story.begin({ healthCheck: false });
  expect(tasksOf(story.tell(read(nginx([task(1, { health: 'failing' }), task(2, { health: 'alive' })], CHECKED))))).toEqual([ONE, TWO]);
});

/** The app as a deployment of a new version finds it: task 1 was there before, task 2 is new. */
const deploying = (given: Json = {}): Json =>
  nginx([task(1, { stagedAt: BEFORE }), task(2, { stagedAt: '2018-01-01T00:00:05.000Z', version: DEPLOYED })], {
    version: DEPLOYED,
    readinessChecks: [{ name: 'ready' }],
    deployments: [{ id: 'd' }],
    readinessCheckResults: [],
    ...given,
  });
const results = (ready: boolean): Json => ({ readinessCheckResults: [{ name: 'ready', taskId: TWO, ready }] });

test('a deployment with readiness checks: who served before serves on, who is new waits until it is ready', () => {
  const story = Story.begin();
  const before = nginx([task(1, { stagedAt: BEFORE })], { readinessChecks: [{ name: 'ready' }], deployments: [] });
  expect(tasksOf(story.tell(readAt(1, before)))).toEqual([ONE]);
  const started = story.tell(readAt(2, deploying()));
  expect([tasksOf(started), why(started)]).toEqual([[ONE], [`${TWO} not-ready`]]);
  const notReady = story.tell(readAt(3, deploying(results(false))));
  expect([tasksOf(notReady), why(notReady)]).toEqual([[ONE], [`${TWO} not-ready`]]);
  expect(tasksOf(story.tell(readAt(4, deploying(results(true)))))).toEqual([ONE, TWO]);
  expect(tasksOf(story.tell(readAt(5, deploying())))).toEqual([ONE, TWO]); // a new leader has forgotten
  expect(tasksOf(story.tell(eventAt(6, 'TASK_KILLED', task(1)), readAt(7, deploying({ ...results(true), deployments: [] }))))).toEqual([
    TWO,
  ]);
});

test('not ready, and a new leader has forgotten: it waits on', () => {
  const story = Story.begin();
  expect(tasksOf(story.tell(readAt(1, deploying(results(false)))))).toEqual([ONE]);
  expect(tasksOf(story.tell(readAt(2, deploying())))).toEqual([ONE]);
  expect(tasksOf(story.tell(readAt(3, deploying({ deployments: [] }))))).toEqual([ONE, TWO]);
});

test('without --health-check nobody waits for readiness', () => {
  const story = Story.begin({ healthCheck: false });
  expect(tasksOf(story.tell(readAt(1, deploying(results(false)))))).toEqual([ONE, TWO]);
});

test("a mistake in the newer colour's labels is told before it takes over", () => {
  const story = Story.begin();
  const colour = (id: string, labels: Json = {}): Json =>
    nginx([task(1, { id: `${id.slice(1)}.1` })], {
      id,
      labels: { HAPROXY_GROUP: 'external', HAPROXY_DEPLOYMENT_GROUP: 'shop', ...labels },
    });
  const view = story.tell(read(colour('/blue'), colour('/green', { HAPROXY_0_BALANCE: 'perhaps' })));
  expect(view.problems).toMatchObject([{ code: 'label-value', owner: { app: '/green', index: 0 }, label: 'HAPROXY_0_BALANCE' }]);
});

test('a Problem of a deployment group names an app that Marathon has', () => {
  const labels = { HAPROXY_GROUP: 'external', HAPROXY_DEPLOYMENT_GROUP: 'shop', HAPROXY_0_PORT: 'x' };
  const view = Story.begin().tell(read(nginx([task(1)], { labels })));
  expect(view.problems).toMatchObject([{ code: 'label-value', label: 'HAPROXY_0_PORT', owner: { by: 'app', app: '/nginx' } }]);
});

test('a stranger in a deployment group changes nothing of the two colours', () => {
  const labels = { HAPROXY_GROUP: 'external', HAPROXY_DEPLOYMENT_GROUP: 'shop' };
  const evil = nginx([task(3)], {
    id: '/evil/x',
    labels: { ...labels, HAPROXY_0_PORT: '10099', HAPROXY_DEPLOYMENT_STARTED_AT: '2027-01-01' },
  });
  const colours = [nginx([task(1)], { id: '/blue', labels }), nginx([task(2)], { id: '/green', labels })];
  const [alone, beside] = [Story.begin().tell(read(...colours)), Story.begin().tell(read(...colours, evil))];
  const shop = ({ services }: View) => services.filter(({ front }) => front.app === ('/shop' as typeof front.app));
  expect(shop(beside)).toEqual(shop(alone));
  expect(shop(alone)).toHaveLength(1);
});
