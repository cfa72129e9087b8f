import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { EventMeaning } from '../../src/model/news.ts';
import { EVENT_TYPES, readEvent } from '../../src/snapshot/events.ts';

type Json = Readonly<Record<string, unknown>>;
type Data = Json | string | null | undefined;

const AT = 1_511_111_111_111.25;
const hear = (type: string, data: unknown): EventMeaning | undefined => readEvent(type, data, AT);

/** {event as Marathon sends it} -> {words for the log, what is read again}. */
test.each<[string, string, Data, string, readonly string[] | 'all']>([
  ['0.11', 'status_update_event', { taskStatus: 'TASK_KILLED', appId: '/nginx', taskId: 'nginx.1' }, 'TASK_KILLED /nginx', ['/nginx']],
  [
    '1.8, of a pod',
    'status_update_event',
    { taskStatus: 'TASK_RUNNING', appId: '/pod', taskId: 'pod.instance-1.web.1' },
    'TASK_RUNNING /pod',
    ['/pod'],
  ],
  ['nothing of a task', 'status_update_event', undefined, '', 'all'],
  [
    '1.4',
    'instance_changed_event',
    { condition: 'Running', runSpecId: '/a/b', instanceId: 'a_b.marathon-1', host: 'x' },
    'Running /a/b',
    ['/a/b'],
  ],
  ['1.8', 'instance_changed_event', { condition: 'Scheduled', runSpecId: '/a', agentId: null, host: null }, 'Scheduled /a', ['/a']],
  ['1.4', 'instance_health_changed_event', { runSpecId: '/a', healthy: null, instanceId: 'a.marathon-1' }, '/a', ['/a']],
  ['0.11', 'health_status_changed_event', { appId: '/a', taskId: 'a.1', version: 'x', alive: true }, '/a', ['/a']],
  ['1.4', 'health_status_changed_event', { appId: '/a', instanceId: 'a.marathon-1', version: 'x', alive: false }, '/a', ['/a']],
  ['1.4', 'unknown_instance_terminated_event', { runSpecId: '/x', condition: 'Killed' }, 'Killed /x', ['/x']],
  ['1.3', 'unknown_task_terminated_event', { runSpecId: '/x', taskId: 'x.1', status: 'killed' }, '/x', ['/x']],
  ['0.11', 'api_post_event', { clientIp: '10.0.0.1', uri: '/v2/apps', appDefinition: { id: '/shop', ports: [0] } }, '/shop', ['/shop']],
  ['nulls', 'api_post_event', { appDefinition: null }, '', 'all'],
  ['an app without an id', 'api_post_event', { appDefinition: {} }, '', 'all'],
  ['another form', 'api_post_event', { appDefinition: 'shop' }, '', 'all'],
  ['0.11', 'app_terminated_event', { appId: '/shop' }, '/shop', ['/shop']],
  ['it names only the group above', 'group_change_success', { groupId: '/', version: 'x' }, '/', 'all'],
  ['nulls before a name', 'instance_changed_event', { appId: null, runSpecId: '/a', condition: null }, '/a', ['/a']],
  ['a name of another kind', 'health_status_changed_event', { appId: 7, alive: true }, '', 'all'],
])('%s: %s %j', (_, type, data, words, dirty) => {
  const heard = hear(type, data);
  expect(heard?.reason).toBe([type, words].filter((word) => word !== '').join(' '));
  expect(heard?.dirty).toEqual(dirty);
});

const step = (...actions: readonly Json[]): Json => ({ actions });
const LIGHT = {
  id: 'x',
  version: 'x',
  steps: [step({ action: 'ScaleApplication', app: '/a' }), step({ action: 'StopApplication', app: '/b' })],
};

/** {plan} -> the apps that a deployment event makes dirty. */
test.each<[string, Data, readonly string[] | 'all']>([
  ['light', LIGHT, ['/a', '/b']],
  ['an app in two steps is read once', { steps: [...LIGHT.steps, step({ action: 'ScaleApplication', app: '/a' })] }, ['/a', '/b']],
  [
    'of 0.11: actions have a type',
    { steps: [step({ type: 'RestartApplication', app: '/a' }, { type: 'StopApplication', app: '/c' })] },
    ['/a', '/c'],
  ],
  [
    'heavy: with both root groups',
    { steps: LIGHT.steps, original: { apps: [{ id: '/z' }] }, target: { id: '/', apps: [{ id: '/z', ports: null }], groups: [] } },
    ['/a', '/b'],
  ],
  ['an app and a pod', { steps: [step({ action: 'StartPod', pod: '/pod' }, { action: 'StartApplication', app: '/a' })] }, ['/pod', '/a']],
  [
    'a null beside',
    { steps: [step({ action: 'StartApplication', app: '/a', pod: null }, { action: 'StartPod', app: null, pod: '/pod' })] },
    ['/a', '/pod'],
  ],
  ['an action of another form', { steps: [{ actions: ['RestartApplication', { app: '/a' }] }] }, ['/a']],
  ['only pods', { steps: [step({ action: 'StartPod', pod: '/pod' })] }, ['/pod']],
  ['no steps: nothing had to be started', { id: 'x', steps: [], version: 'x' }, 'all'],
  ['steps of another form', { steps: [{ actions: null }] }, 'all'],
  ['empty', {}, 'all'],
  ['a text', 'plan', 'all'],
  ['null', null, 'all'],
  ['none', undefined, 'all'],
])('a plan that is %s', (_, plan, dirty) => {
  for (const type of ['deployment_info', 'deployment_step_success', 'deployment_success', 'deployment_failed'])
    expect(hear(type, { id: 'x', plan, currentStep: step({ action: 'ScaleApplication', app: '/a' }), reason: null })).toEqual({
      reason: type,
      dirty,
      ...(dirty !== 'all' && plan === LIGHT && { change: { version: 'x', isDeployed: true } }),
    });
});

test('a change of groups is matched to its deployment by the version', () => {
  const version = '2026-01-01T00:00:00.000Z';
  const heard = (type: string, data: Json) => hear(type, data)?.change;
  expect(heard('group_change_success', { groupId: '/', version })).toEqual({ version, isDeployed: false });
  for (const type of ['deployment_info', 'deployment_step_success', 'deployment_success', 'deployment_failed'])
    expect(heard(type, { id: 'x', plan: { ...LIGHT, version } })).toEqual({ version, isDeployed: true });
  expect(heard('deployment_success', { id: 'x', plan: { steps: [], version } })).toBeUndefined(); // it names none
  expect(heard('deployment_info', { id: 'x', plan: { steps: LIGHT.steps } })).toBeUndefined();
  expect(heard('group_change_success', { groupId: '/' })).toBeUndefined();
  expect(heard('status_update_event', { appId: '/a', version })).toBeUndefined();
});

/** What a status_update_event of Marathon's documentation tells. */
const UPDATE: Json = {
  slaveId: '20150707-153709-201330860-5050-12052-S0',
  taskId: 'test-app.5dd78972',
  taskStatus: 'TASK_RUNNING',
  message: '',
  appId: '/test-app',
  host: 'srv4.hw.acme.org',
  ipAddresses: [{ ipAddress: '10.2.3.4', protocol: 'IPv4' }],
  ports: [31182],
  version: '2015-09-11T22:11:03.156Z',
  eventType: 'status_update_event',
  timestamp: '2015-09-30T12:47:11.286Z',
};
const TOLD = {
  agent: '20150707-153709-201330860-5050-12052-S0',
  id: 'test-app.5dd78972',
  state: 'TASK_RUNNING',
  host: 'srv4.hw.acme.org',
  addresses: ['10.2.3.4'],
  ports: [31182],
  version: '2015-09-11T22:11:03.156Z',
};

test.each<[string, Json, Json]>([
  ['as 1.3 sends it', {}, {}],
  ['0.11: no addresses', { ipAddresses: undefined }, { addresses: [] }],
  ['1.0: addresses null', { ipAddresses: null }, { addresses: [] }],
  ['1.4: none, and no agent', { ipAddresses: [], slaveId: '' }, { addresses: [] }],
  [
    '1.4: IPv6 beside IPv4',
    { ipAddresses: [{ ipAddress: 'fd00::7', protocol: 'IPv6' }, { ipAddress: '10.0.0.1' }] },
    { addresses: ['fd00::7', '10.0.0.1'] },
  ],
  ['an address that is null, and one that is none', { ipAddresses: [{ ipAddress: null }, { ipAddress: 'x' }, {}] }, { addresses: [] }],
  ['1.8: the agent is not known', { host: 'unknown', ports: [] }, { host: '', ports: [] }],
  ['the agent null', { host: null, ports: null }, { host: '', ports: [] }],
  ['the agent absent', { host: undefined, ports: undefined }, { host: '', ports: [] }],
  ['no version', { version: null }, { version: undefined }],
  ['1.11: a state of its own', { taskStatus: 'TASK_GONE_BY_OPERATOR' }, { state: 'TASK_GONE_BY_OPERATOR' }],
  ['ports that are none', { ports: [31182, 70000] }, { ports: [] }],
  ['a port that is not whole', { ports: [0.5] }, { ports: [] }],
  [
    'parts of other kinds',
    { host: 7, ipAddresses: '10.2.3.4', ports: '31182', version: {} },
    { host: '', addresses: [], ports: [], version: undefined },
  ],
])('what an update tells at once: %s', (_, given, told) => {
  const heard = hear('status_update_event', { ...UPDATE, ...given });
  const { agent, ...rest } = TOLD;
  const task = given['slaveId'] === undefined ? { ...rest, agent, ...told } : { ...rest, ...told };
  expect(heard?.news).toStrictEqual({ kind: 'task', at: AT, app: '/test-app', task });
  expect(heard?.dirty).toEqual(['/test-app']);
});

test.each([['appId'], ['taskId'], ['taskStatus']])('an update without %s tells nothing by itself, and something is read', (name) => {
  for (const value of [undefined, null, 7]) {
    const heard = hear('status_update_event', { ...UPDATE, [name]: value });
    expect(heard).not.toHaveProperty('news');
    expect(heard?.dirty).toEqual(name === 'appId' ? 'all' : ['/test-app']);
  }
});

test.each(['', 'running', 'NaN', 'TASK_', 'TASK_RUNNING\n', 'TASK_RUNNING TASK_KILLED'])(
  'a state that is none tells nothing, and something is read: %j',
  (taskStatus) => {
    const heard = hear('status_update_event', { ...UPDATE, taskStatus });
    expect(heard).not.toHaveProperty('news');
    expect(heard?.dirty).toEqual(['/test-app']);
  },
);

test.each(['', 'nginx', '/', '//', '/a/', '/a b', '/a\r\nHost: b', '/\ud83d', `/${'a'.repeat(2_000)}`])(
  'what is no id of an app is not read again by itself, everything is: %j',
  (id) => {
    for (const data of [{ appId: id }, { runSpecId: id }, { appDefinition: { id } }, { plan: { steps: [step({ app: id })] } }])
      expect(hear('api_post_event', data)).toEqual({ reason: 'api_post_event', dirty: 'all' });
  },
);

test('only status updates are News without a read', () => {
  for (const type of EVENT_TYPES) expect([type, hear(type, UPDATE)?.news === undefined]).toEqual([type, type !== 'status_update_event']);
});

test.each([['event_stream_attached'], ['event_stream_detached'], ['add_health_check_event'], ['pod_renamed_event'], ['constructor'], ['']])(
  '%s: nothing is read',
  (type) => {
    expect(hear(type, { appId: '/x' })).toBeUndefined();
  },
);

test.each<[unknown, readonly string[] | 'all']>([
  ['/v2/pods/shop/cart', ['/shop/cart']],
  ['/v2/pods/shop/cart?force=true', ['/shop/cart']],
  ['/v2/pods/shop/cart::instances', ['/shop/cart']],
  ['/v2/pods', 'all'], // after POST
  ['/v2/pods/', 'all'],
  ['/v2/pods/a b', 'all'],
  ['/v2/apps/shop', 'all'],
  [7, 'all'],
  [null, 'all'],
])('a pod event with the URI %j', (uri, dirty) => {
  for (const type of ['pod_created_event', 'pod_updated_event', 'pod_deleted_event'])
    expect(hear(type, { clientIp: '10.0.0.1', uri })?.dirty).toEqual(dirty);
});

test('something is read after every type of event in the filter, except after our own attachment', () => {
  const silent = EVENT_TYPES.filter((type) => hear(type, {}) === undefined);
  expect(silent).toEqual(['event_stream_attached']);
  expect(new Set(EVENT_TYPES).size).toBe(EVENT_TYPES.length);
});

test('whatever an event holds, something is read after it, and nothing is thrown', () => {
  const names = [
    'appId',
    'runSpecId',
    'taskId',
    'taskStatus',
    'condition',
    'host',
    'version',
    'ipAddresses',
    'ports',
    'plan',
    'appDefinition',
    'groupId',
  ];
  const part = fc.oneof(
    fc.constantFrom<unknown>(null, '/a', 'unknown', LIGHT, [{ ipAddress: '10.0.0.1' }], { id: '/a' }, { steps: [{}] }),
    fc.jsonValue(),
  );
  const fields = fc.dictionary(fc.constantFrom(...names), part);
  fc.assert(
    fc.property(
      fc.constantFrom(...EVENT_TYPES),
      fc.oneof({ weight: 3, arbitrary: fields }, fc.jsonValue(), fc.anything()),
      (type, data) => {
        const heard = hear(type, data);
        if (type === 'event_stream_attached') return;
        expect(heard?.reason.startsWith(type)).toBe(true);
        expect(heard?.dirty).not.toEqual([]);
        if (heard?.news?.kind !== 'task') return;
        const { ports, addresses, host } = heard.news.task;
        expect(ports.every((port) => Number.isInteger(port) && port >= 0 && port < 65536)).toBe(true);
        expect([typeof host, addresses.every((address) => typeof address === 'string')]).toEqual(['string', true]);
      },
    ),
    { numRuns: 500 },
  );
});
