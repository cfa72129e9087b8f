import { expect, test } from '@jest/globals';
import type { News } from '../../src/model/news.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import { EVENT_TYPES, readEvent } from '../../src/snapshot/events.ts';
import { isReadable } from '../../src/source/app-endpoint.ts';
import { EMPTY, makeDeriver } from '../golden/cases.ts';
import { SPOILS, spoilt, waysIn } from '../snapshot/spoil.ts';
import { appAt, nginx, readAt, task, VERSION, type Json } from './cluster.ts';

const OF_NGINX = { taskId: 'nginx.0001', host: '172.24.197.101', version: VERSION, timestamp: VERSION };
const UPDATE = {
  ...OF_NGINX,
  slaveId: 'agent-S1',
  taskStatus: 'TASK_RUNNING',
  message: '',
  appId: '/nginx',
  ipAddresses: [{ ipAddress: '192.168.84.101', protocol: 'IPv4' }],
  ports: [31182],
};
const PLAN = {
  id: 'd',
  version: VERSION,
  steps: [
    {
      actions: [
        { action: 'ScaleApplication', app: '/nginx' },
        { action: 'StartPod', pod: '/pod' },
      ],
    },
  ],
};
const GROUP = { id: '/', apps: [{ id: '/nginx', instances: 1 }], groups: [], version: VERSION };

/** Events as Marathon sends them, of each kind that matters. */
const EVENTS: readonly (readonly [type: string, version: string, data: Json])[] = [
  ['status_update_event', '1.3', UPDATE],
  [
    'status_update_event',
    '1.11, a task that nobody knew',
    { ...UPDATE, taskId: 'nginx.instance-1._app.1', instanceId: 'nginx.instance-1' },
  ],
  ['status_update_event', '1.8, an end', { ...UPDATE, taskStatus: 'TASK_KILLED', host: 'unknown', ipAddresses: [], ports: [] }],
  ['health_status_changed_event', '1.3', { ...OF_NGINX, appId: '/nginx', alive: true }],
  ['instance_health_changed_event', '1.5', { runSpecId: '/nginx', runSpecVersion: VERSION, instanceId: 'nginx.instance-1', healthy: null }],
  ['instance_changed_event', '1.8', { ...OF_NGINX, runSpecId: '/nginx', condition: 'Running', goal: 'Running', agentId: 'agent-S1' }],
  ['unknown_instance_terminated_event', '1.4', { instanceId: 'nginx.instance-1', runSpecId: '/nginx', condition: 'Killed' }],
  ['unknown_task_terminated_event', '1.3', { taskId: 'nginx.0001', appId: '/nginx', status: 'killed' }],
  ['api_post_event', '1.3', { clientIp: '10.0.0.1', uri: '/v2/apps/nginx', appDefinition: { id: '/nginx', ports: [0], version: VERSION } }],
  ['pod_created_event', '1.4', { clientIp: '10.0.0.1', uri: '/v2/pods', timestamp: VERSION }],
  ['pod_updated_event', '1.5', { clientIp: '10.0.0.1', uri: '/v2/pods/shop/cart', timestamp: VERSION }],
  ['pod_deleted_event', '1.8', { clientIp: '10.0.0.1', uri: '/v2/pods/shop/cart', timestamp: VERSION }],
  ['app_terminated_event', '1.3', { appId: '/nginx', timestamp: VERSION }],
  ['group_change_success', '1.3', { groupId: '/', version: VERSION, timestamp: VERSION }],
  ['deployment_info', '0.11, heavy', { plan: { ...PLAN, original: GROUP, target: GROUP }, currentStep: PLAN.steps[0], timestamp: VERSION }],
  ['deployment_step_success', '1.5', { plan: PLAN, currentStep: PLAN.steps[0], timestamp: VERSION }],
  ['deployment_success', '1.5, light', { id: 'd', plan: PLAN, timestamp: VERSION }],
  ['deployment_failed', '1.5, light', { id: 'd', plan: PLAN, reason: null, timestamp: VERSION }],
];

test('every kind of event of the filter is among those that are spoilt here', () => {
  const kinds = new Set(['event_stream_attached', ...EVENTS.map(([type]) => type)]);
  expect([...kinds].sort()).toEqual([...EVENT_TYPES].sort());
});

const other = nginx([task(7)], { id: '/z', container: { portMappings: [{ containerPort: 80, servicePort: 10007 }] } });
const READ = (sentAt: number): News => readAt(sentAt, nginx([task(1), task(2)]), other);
const derive = makeDeriver();

test.each(EVENTS)(
  'every field of %s absent, null, of another kind, or huge: nothing is thrown, and no other app is touched (%s)',
  (type, _, data) => {
    const start = absorb(EMPTY, READ(1));
    const good = derive(start);
    for (const way of waysIn(data)) {
      for (const [name, text] of SPOILS) {
        const what = `${way.join('.')} ${name}`;
        const heard = readEvent(type, JSON.parse(spoilt(data, way, text)), 2);
        expect([what, heard?.reason.startsWith(type), (heard?.reason.length ?? 0) < 2_500]).toEqual([what, true, true]);
        const dirty = heard?.dirty ?? [];
        expect([what, dirty === 'all' || (dirty.length > 0 && dirty.every(isReadable))]).toEqual([what, true]);
        if (heard?.news === undefined) continue;
        const told = absorb(start, heard.news);
        expect([what, told.snapshot.apps.at(-1) === start.snapshot.apps.at(-1)]).toEqual([what, true]);
        const view = derive(told);
        expect([what, view?.services.at(-1)]).toEqual([what, good?.services.at(-1)]);
        const read = absorb(told, appAt(3, nginx([task(1), task(2)]))); // what follows every event
        expect([what, read.snapshot.apps.map(({ id, tasks }) => [id, tasks.length])]).toEqual([
          what,
          [
            ['/nginx', 2],
            ['/z', 1],
          ],
        ]);
      }
    }
  },
);
