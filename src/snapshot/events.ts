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
 * What an event tells, in words for the log: 'status_update_event TASK_KILLED /nginx'; undefined for one after which nothing is read.
 * `event_stream_attached` is none: every client hears of every other's, and after our own everything is read anyway.
 */
export function describeEvent(type: string, data: unknown): string | undefined {
  if (type === 'event_stream_attached' || !EVENT_TYPES.includes(type)) return undefined;
  const fields = typeof data === 'object' && data !== null ? (data as Readonly<Record<string, unknown>>) : {};
  const definition = fields['appDefinition'] as { readonly id?: unknown } | null | undefined;
  const subject = [
    fields['taskStatus'] ?? fields['condition'],
    fields['appId'] ?? fields['runSpecId'] ?? definition?.id ?? fields['groupId'],
  ];
  return [type, ...subject.filter((word) => typeof word === 'string')].join(' ');
}
