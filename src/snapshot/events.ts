import { isIP } from 'node:net';
import { z } from 'zod';
import type { AppId, TaskId } from '../model/names.ts';
import type { Heard, News } from '../model/news.ts';
import { wireId } from './wire.ts';

/**
 * The events after which something that a load balancer shows may be another: the smallest filter that misses nothing
 * [marathon: facts of 0.11 to 1.11; unknown types in the filter are ignored by every version].
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
];

/**
 * An event, understood; undefined for one after which nothing is read. `event_stream_attached` is none: every client hears of every other's, and
 * after our own everything is read anyway. `at`: when it came, in ms since 1970.
 */
export function readEvent(type: string, data: unknown, at: number): Heard | undefined {
  if (type === 'event_stream_attached' || !EVENT_TYPES.includes(type)) return undefined;
  const fields = event.safeParse(data).data ?? {};
  const named = fields.appId ?? fields.runSpecId ?? fields.appDefinition?.id;
  const status = fields.taskStatus ?? fields.condition;
  const reason = [type, status, named ?? fields.groupId].filter((word) => word != null).join(' ');
  const news = type === 'status_update_event' ? readUpdate(fields, at) : undefined;
  const apps = named == null ? appsOf(fields) : [named as AppId];
  return { reason, ...(news && { news }), dirty: apps ?? 'all' };
}

/** Of any event; each has a part of it, and null stands for absent. */
const text = z.string().nullish().catch(undefined);
/** Goes into a line of the log. */
const word = z.string().max(200).nullish().catch(undefined);
/** Of an app or a pod: what is no such id can't be read again. */
const id = wireId.nullish().catch(undefined);
const action = z.object({ app: id }).catch({});
const event = z.object({
  appId: id,
  runSpecId: id,
  groupId: word,
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
    .object({ steps: z.array(z.object({ actions: z.array(action) })) })
    .nullish()
    .catch(undefined), // heavy plans have more, and those of 0.11 another form of step
});

type Fields = Partial<z.infer<typeof event>>;

/** Mesos adds states. What is none takes no task out; the read that follows says how it is. */
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

/** Marathon 1.8 and later write 'unknown' where they do not know it. */
function hostOf(host: string | null | undefined): string {
  return host == null || host === 'unknown' ? '' : host;
}

/** The apps that a deployment changes. A plan that names none may still have changed something. */
function appsOf({ plan }: Fields): readonly AppId[] | undefined {
  const ids = (plan?.steps ?? []).flatMap(({ actions }) => actions.flatMap(({ app }) => (app == null ? [] : (app as AppId))));
  return ids.length === 0 ? undefined : [...new Set(ids)];
}
