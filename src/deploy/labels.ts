/** The labels of a deployment, as marathon-lb's zdd writes them. */
export const LABELS = {
  group: 'HAPROXY_DEPLOYMENT_GROUP',
  altPort: 'HAPROXY_DEPLOYMENT_ALT_PORT',
  colour: 'HAPROXY_DEPLOYMENT_COLOUR',
  target: 'HAPROXY_DEPLOYMENT_TARGET_INSTANCES',
  newInstances: 'HAPROXY_DEPLOYMENT_NEW_INSTANCES',
  startedAt: 'HAPROXY_DEPLOYMENT_STARTED_AT',
  appId: 'HAPROXY_APP_ID',
} as const;

/** The labels of the apps of 0 instances that hold the lock and the note. They do not begin with HAPROXY, so no load balancer shows these apps. */
export const OWN_LABELS = {
  lock: 'MARATHON_LB_DEPLOYMENT_LOCK',
  owner: 'MARATHON_LB_DEPLOYMENT_OWNER',
  turn: 'MARATHON_LB_DEPLOYMENT_TURN',
  since: 'MARATHON_LB_DEPLOYMENT_SINCE',
  beat: 'MARATHON_LB_DEPLOYMENT_BEAT',
  makes: 'MARATHON_LB_DEPLOYMENT_MAKES',
  note: 'MARATHON_LB_DEPLOYMENT_NOTE',
  noteFor: 'MARATHON_LB_DEPLOYMENT_NOTE_FOR',
} as const;

/** A label's whole number; the other value when there is none. */
export function numberOf(text: string | undefined, otherwise: number): number {
  return text !== undefined && /^\d{1,9}$/.test(text.trim()) ? Number(text) : otherwise;
}
