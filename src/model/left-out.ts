import type { AppId, TaskId } from './names.ts';

/** A sentence for each reason why a port or task is not served, told to its owner. docs/problems.md has a row for each. */
export const LEFT_OUT_SENTENCES = {
  'own-app': 'it is the load balancer itself',
  group: "its HAPROXY_GROUP names none of this load balancer's groups",
  disabled: 'HAPROXY_n_ENABLED is not true, or is missing under --strict-mode',
  suspended: 'the app has no instances and no tasks',
  protocol: 'the port speaks only UDP',
  'no-service-port': 'the port has no service port, and none was left to give',
  refused: 'HAProxy refuses what its labels make',
  label: "a label that guards access can't be read or used",
  'port-conflict': 'another service has the port or the name of the backend',
  certificate: "the certificate that its label names can't be served",
  file: "a file that its bind options or templates name can't be used",
  bounds: 'the app has more ports than are served for one app',
  duplicate: 'another task has the same address and port',
  state: 'the task does not run, or is being killed',
  unhealthy: 'a health check of the task fails',
  'health-unknown': 'no health check of the task has had a result yet',
  'not-ready': 'a readiness check of the task has not passed yet',
  'no-address': 'the task has no host or no container address yet',
  'no-port': 'the task has no port with this index',
  'no-endpoint': 'the container has no endpoint in the definition of its pod',
} as const;

/** Why a port or task is not served. */
export type LeftOutReason = keyof typeof LEFT_OUT_SENTENCES;

/** A port or task that is not served, and why. Whatever is left out has a LeftOut. `explain` and the status page read it. */
export interface LeftOut {
  readonly app: AppId;
  readonly index?: number;
  readonly task?: TaskId;
  readonly why: LeftOutReason;
}
