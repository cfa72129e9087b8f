import { isIP } from 'node:net';
import * as z from 'zod';
import type { AppId, TaskId } from '../model/names.ts';
import type { EventMeaning, News } from '../model/news.ts';
import { wireId } from './wire.ts';

/**
 * The events after which something that a load balancer shows may have changed: the smallest filter that misses nothing (Marathon 0.11 to 1.11; every
 * version ignores unknown types in the filter).
 */
export const EVENT_TYPES: readonly string[] = [
  'event_stream_attached',
  'status_update_event',
  'health_status_changed_event',
  'instance_health_changed_event',
  'instance_changed_event',
  'unknown_instance_terminated_event',
  'unknown_task_terminated_event',
  'api_post_event',
  'app_terminated_event',
  'group_change_success',
  'deployment_info',
  'deployment_step_success',
  'deployment_success',
  'deployment_failed',
  'pod_created_event',
  'pod_updated_event',
  'pod_deleted_event',
];

/**
 * Reads an event; undefined for an event after which nothing needs to be read. `event_stream_attached` is one of those: every client receives it for
 * every other client, and after our own attachment everything is read anyway. `at` is when the event arrived, in ms since 1970.
 */
export function readEvent(type: string, data: unknown, at: number): EventMeaning | undefined {
  if (type === 'event_stream_attached' || !EVENT_TYPES.includes(type)) return undefined;
  const fields = event.safeParse(data).data ?? {};
  const named = fields.appId ?? fields.runSpecId ?? fields.appDefinition?.id ?? (type.startsWith('pod_') ? podOf(fields) : undefined);
  const status = fields.taskStatus ?? fields.condition;
  const reason = [type, status, named ?? fields.groupId].filter((word) => word != null).join(' ');
  const news = type === 'status_update_event' ? readUpdate(fields, at) : undefined;
  const apps = named == null ? appsOf(fields) : [named as AppId];
  const change = named == null ? changeOf(type, fields) : undefined;
  return { reason, ...(news && { news }), dirty: apps ?? 'all', ...(change && { change }) };
}

/** A text of any event. An event has only some of the fields; null is the same as absent. */
const text = z.string().nullish().catch(undefined);
/** A short text that may go into a log line. */
const word = z.string().max(200).nullish().catch(undefined);
/** The id of an app or a pod. A text that is not an id is ignored, because nothing can be read for it. */
const id = wireId.nullish().catch(undefined);
const action = z.object({ app: id, pod: id }).catch({});
const event = z.object({
  appId: id,
  runSpecId: id,
  groupId: word,
  uri: text,
  appDefinition: z.object({ id }).nullish().catch(undefined),
  taskId: text,
  taskStatus: word,
  condition: word,
  host: text,
  slaveId: text,
  version: text,
  ipAddresses: z
    .array(z.object({ ipAddress: text }))
    .nullish()
    .catch(undefined),
  ports: z.array(z.number().int().min(0).max(65535)).nullish().catch(undefined),
  plan: z
    .object({ steps: z.array(z.object({ actions: z.array(action) })), version: word })
    .nullish()
    .catch(undefined), // heavy plans have more fields, and those of 0.11 another form of step
});

type Fields = Partial<z.infer<typeof event>>;

/** Mesos adds states over time. A text that is not a state takes no task out; the read that follows the event tells the truth. */
const STATE = /^TASK_[A-Z_]+$/;

function readUpdate({ appId, taskId, taskStatus, host, slaveId, version, ipAddresses, ports }: Fields, at: number): News | undefined {
  if (appId == null || taskId == null || taskStatus == null || !STATE.test(taskStatus)) return undefined;
  const addresses = (ipAddresses ?? []).flatMap(({ ipAddress }) => (ipAddress != null && isIP(ipAddress) > 0 ? [ipAddress] : []));
  const task = {
    id: taskId as TaskId,
    state: taskStatus,
    host: hostOf(host),
    ...(slaveId != null && slaveId !== '' && { agent: slaveId }),
    addresses,
    ports: ports ?? [],
    version: version ?? undefined,
  };
  return { kind: 'task', at, app: appId as AppId, task };
}

/** The host; '' when unknown. Marathon 1.8 and later write 'unknown'. */
function hostOf(host: string | null | undefined): string {
  return host == null || host === 'unknown' ? '' : host;
}

/** The path of Marathon's pods. */
const PODS = '/v2/pods';

/** The pod whose URI an event gives, `/v2/pods/shop/cart`; undefined when it gives none, as after POST, which has `/v2/pods`. */
function podOf({ uri }: Fields): string | undefined {
  const [path = ''] = (uri ?? '').split('?', 1);
  const [pod = ''] = path.split('::', 1);
  return pod.startsWith(`${PODS}/`) ? (id.parse(pod.slice(PODS.length)) ?? undefined) : undefined;
}

/** The apps and pods that a deployment changes; undefined when the plan names none, because it may still have changed something. */
function appsOf({ plan }: Fields): readonly AppId[] | undefined {
  const ids = (plan?.steps ?? []).flatMap(({ actions }) => actions.flatMap(({ app, pod }) => (app ?? pod ?? []) as AppId | []));
  return ids.length === 0 ? undefined : [...new Set(ids)];
}

/** The change of groups that an event belongs to. Marathon gives a deployment the version that its change has given the groups. */
function changeOf(type: string, fields: Fields): EventMeaning['change'] {
  if (type === 'group_change_success' && fields.version != null) return { version: fields.version, isDeployed: false };
  if (appsOf(fields) === undefined || fields.plan?.version == null) return undefined;
  return { version: fields.plan.version, isDeployed: true };
}
