import { expect, test } from '@jest/globals';
import { describeEvent, EVENT_TYPES } from '../../src/snapshot/events.ts';

test.each([
  ['status_update_event', { taskStatus: 'TASK_KILLED', appId: '/nginx', taskId: 'nginx.1' }, 'status_update_event TASK_KILLED /nginx'],
  ['instance_changed_event', { condition: 'Running', runSpecId: '/my-app' }, 'instance_changed_event Running /my-app'],
  ['instance_health_changed_event', { runSpecId: '/my-app', healthy: null }, 'instance_health_changed_event /my-app'],
  ['health_status_changed_event', { appId: '/my-app', alive: true }, 'health_status_changed_event /my-app'],
  ['unknown_instance_terminated_event', { runSpecId: '/x', condition: 'Killed' }, 'unknown_instance_terminated_event Killed /x'],
  ['unknown_task_terminated_event', { runSpecId: '/x', taskId: 'x.1' }, 'unknown_task_terminated_event /x'],
  ['api_post_event', { uri: '/v2/apps', appDefinition: { id: '/shop' } }, 'api_post_event /shop'],
  ['api_post_event', { appDefinition: null }, 'api_post_event'],
  ['api_post_event', { appDefinition: 'shop' }, 'api_post_event'],
  ['app_terminated_event', { appId: '/shop' }, 'app_terminated_event /shop'],
  ['group_change_success', { groupId: '/', version: 'x' }, 'group_change_success /'],
  ['deployment_success', { id: 'x', plan: {} }, 'deployment_success'],
  ['deployment_info', { taskStatus: null, appId: 7 }, 'deployment_info'],
  ['deployment_failed', null, 'deployment_failed'],
  ['deployment_step_success', 'no object', 'deployment_step_success'],
  ['status_update_event', undefined, 'status_update_event'],
])('%s %j', (type, data, words) => {
  expect(describeEvent(type, data)).toBe(words);
});

test.each([['event_stream_attached'], ['event_stream_detached'], ['add_health_check_event'], ['pod_created_event'], ['constructor'], ['']])(
  '%s: nothing is read',
  (type) => {
    expect(describeEvent(type, { appId: '/x' })).toBeUndefined();
  },
);

test('every type of the filter but the attaching is one after which something is read', () => {
  const silent = EVENT_TYPES.filter((type) => describeEvent(type, {}) === undefined);
  expect(silent).toEqual(['event_stream_attached']);
  expect(new Set(EVENT_TYPES).size).toBe(EVENT_TYPES.length);
});
