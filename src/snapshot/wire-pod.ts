import * as z from 'zod';
import { wireId } from './wire.ts';

/** The parts of a pod's JSON that are read, from Marathon 1.4 to 1.11. Everything else is ignored; null is the same as absent. */
const port = z.number().int().min(0).max(65535);
const labels = z.record(z.string(), z.string().nullish()).nullish();

const endpoint = z.object({
  name: z.string().min(1),
  containerPort: port.nullish(), // 0: the same as the host port
  hostPort: port.nullish(), // 0: the agent chooses; absent: no host port
  protocol: z.array(z.string()).nullish(),
  networkNames: z.array(z.string()).nullish(),
  labels,
});

const healthCheck = z.object({
  http: z.object({ endpoint: z.string(), path: z.string().nullish(), scheme: z.string().nullish() }).nullish(),
  tcp: z.object({ endpoint: z.string() }).nullish(),
  exec: z.unknown().optional(),
  gracePeriodSeconds: z.number().nullish(),
  intervalSeconds: z.number().nullish(),
  timeoutSeconds: z.number().nullish(),
  maxConsecutiveFailures: z.number().nullish(),
});

const container = z.object({
  name: z.string().min(1),
  endpoints: z.array(endpoint).nullish(),
  healthCheck: healthCheck.nullish(),
  labels,
});

/** A pod's definition, as far as it is read. */
export const wirePod = z.object({
  id: wireId,
  version: z.string().nullish(),
  labels,
  networks: z.array(z.object({ name: z.string().nullish(), mode: z.string().nullish() })).nullish(),
  scaling: z.object({ instances: z.number().nullish() }).nullish(),
  containers: z.array(container),
});

const containerStatus = z.object({
  name: z.string().min(1),
  status: z.string().nullish(), // a Mesos state, TASK_RUNNING
  statusSince: z.string().nullish().catch(undefined),
  conditions: z.array(z.object({ name: z.string().nullish(), value: z.string().nullish(), reason: z.string().nullish() })).nullish(),
  containerId: z.string().nullish(), // the task's id
  endpoints: z.array(z.object({ name: z.string(), allocatedHostPort: port.nullish(), healthy: z.boolean().nullish() })).nullish(), // in an order that means nothing
});

const instance = z.object({
  id: z.string().min(1),
  status: z.string().nullish(),
  agentHostname: z.string().nullish(),
  agentId: z.string().nullish().catch(undefined),
  networks: z.array(z.object({ name: z.string().nullish(), addresses: z.array(z.string()).nullish() })).nullish(),
  containers: z.array(containerStatus).nullish(),
  specReference: z.string().nullish().catch(undefined), // names the version of the instance
});

/** One pod of `/v2/pods/::status`, as far as it is read. */
export const wirePodStatus = z.object({
  id: wireId.nullish(), // the same as the definition's
  status: z.string().nullish(),
  spec: wirePod,
  instances: z.array(instance).nullish(),
});

/** The definition of a pod, as Marathon sends it. */
export type WirePod = z.infer<typeof wirePod>;
/** A pod with its instances, as Marathon sends it. */
export type WirePodStatus = z.infer<typeof wirePodStatus>;
/** One instance of a pod with its containers. */
export type WireInstance = z.infer<typeof instance>;
/** The state of one container of an instance. */
export type WireContainerStatus = z.infer<typeof containerStatus>;
/** A health check of a container's definition. */
export type WirePodCheck = z.infer<typeof healthCheck>;
