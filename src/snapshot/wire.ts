import * as z from 'zod';

/**
 * The parts of Marathon's JSON that are read, from 0.11 to 1.11. Everything else is ignored; null is the same as absent (Marathon's 1.5 changelog).
 */
const port = z.number().int().min(0).max(65535);

/** A port's name. A value that is not a text costs only the name, not the app, because only DNS uses it. */
const portName = z.string().nullish().catch(undefined);

const portMapping = z.object({
  containerPort: port.nullish(),
  hostPort: port.nullish(), // absent in container mode unless asked for
  servicePort: port.nullish(), // 0: not chosen yet
  protocol: z.string().nullish(),
  name: portName,
});

const healthCheck = z.object({
  protocol: z.string().nullish(),
  path: z.string().nullish(),
  portIndex: z.union([z.number(), z.string()]).nullish(), // some 1.4 JSON has a name here
  port: port.nullish(),
  gracePeriodSeconds: z.number().nullish(),
  intervalSeconds: z.number().nullish(),
  timeoutSeconds: z.number().nullish(),
  maxConsecutiveFailures: z.number().nullish(),
});

const discoveredPort = z.object({ number: port.nullish(), protocol: z.string().nullish(), name: portName });

const healthCheckResult = z.object({
  alive: z.boolean().nullish(),
  consecutiveFailures: z.number().nullish(),
  firstSuccess: z.string().nullish(),
  lastSuccess: z.string().nullish(),
  lastFailure: z.string().nullish(),
});

const task = z.object({
  id: z.string().min(1),
  host: z.string().nullish(),
  slaveId: z.string().nullish().catch(undefined),
  state: z.string().nullish(), // absent before 1.1
  ports: z.array(port).nullish(), // host ports, packed: mappings without one are skipped
  ipAddresses: z.array(z.object({ ipAddress: z.string().nullish() })).nullish(),
  healthCheckResults: z.array(healthCheckResult.nullish()).nullish(),
  version: z.string().nullish(),
  stagedAt: z.string().nullish(),
  startedAt: z.string().nullish(), // absent before the task runs
});

/** The longest id that is accepted, in characters. Marathon has no limit of its own, but a longer id fits into no log line and no request path. */
export const LONGEST_ID = 2_000;

/** The id of an app or a pod. */
export const wireId = z
  .string()
  // Checked first, because a pattern fails on an id of 10 MB.
  .refine((id) => id.length <= LONGEST_ID, { message: `longer than ${LONGEST_ID} characters`, abort: true })
  .regex(/^(\/[A-Za-z0-9_.-]+)+$/, "an absolute path like '/shop/cart'");

/** One app of `/v2/apps`, as far as it is read, in the forms of all versions. */
export const wireApp = z.object({
  id: wireId,
  instances: z.number().nullish(),
  version: z.string().nullish(),
  labels: z.record(z.string(), z.string().nullish()).nullish(),
  versionInfo: z.object({ lastConfigChangeAt: z.string().nullish(), lastScalingAt: z.string().nullish() }).nullish(),
  ports: z.array(z.number()).nullish(), // before 1.5
  portDefinitions: z.array(z.object({ port: port.nullish(), protocol: z.string().nullish(), name: portName })).nullish(),
  networks: z.array(z.object({ mode: z.string().nullish() })).nullish(), // from 1.5
  ipAddress: z
    .object({
      discovery: z.object({ ports: z.array(discoveredPort).nullish() }).nullish(),
    })
    .nullish(), // before 1.5
  container: z
    .object({
      portMappings: z.array(portMapping).nullish(), // from 1.5
      docker: z.object({ network: z.string().nullish(), portMappings: z.array(portMapping).nullish() }).nullish(), // before 1.5
    })
    .nullish(),
  healthChecks: z.array(healthCheck).nullish(),
  readinessChecks: z.array(z.object({})).nullish(), // from 1.1
  deployments: z.array(z.object({})).nullish(), // only running deployments
  readinessCheckResults: z.array(z.object({ taskId: z.string().nullish(), ready: z.boolean().nullish() })).nullish(), // only during a deployment
  tasks: z.array(task).nullish(),
});

/** An app with its tasks, as Marathon sends it. */
export type WireApp = z.infer<typeof wireApp>;
/** A task of an app, as Marathon sends it. */
export type WireTask = z.infer<typeof task>;
/** A health check of an app's definition. */
export type WireHealthCheck = z.infer<typeof healthCheck>;
/** The result of one health check for one task. */
export type WireHealthCheckResult = z.infer<typeof healthCheckResult>;
