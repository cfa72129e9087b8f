import * as z from 'zod';
import { deploymentSchema } from './deployment-schema.ts';

const text = z.string();
const count = z.int().min(0);
const time = z.iso.datetime();

/** What is wrong with somebody's app or the operator's text. */
const problemSchema = z.strictObject({
  code: text,
  owner: z.union([
    z.strictObject({ by: z.literal('operator') }),
    z.strictObject({ by: z.literal('app'), app: text, index: count.optional() }),
  ]),
  label: text.optional(),
  message: text,
  hint: text,
});

/** One change of HAProxy. */
export const changeSchema = z.strictObject({
  id: count,
  at: time,
  result: z.enum(['commands', 'reload', 'failed']),
  ms: z.number().nullable(),
  why: z.array(z.strictObject({ code: text, text })),
  what: z.array(text),
  more: count,
  error: text.nullable(),
});

const health = { ok: z.boolean(), reasons: z.array(z.strictObject({ code: text, text })) };
const sync = { synced: time.nullable(), ageSeconds: count.nullable(), maxStalenessSeconds: count, haproxy: text };
const reasoned = { why: text, text };
const ruleSchema = z.strictObject({ where: text, line: text, label: text.nullable() });
const problems = { problems: z.array(problemSchema), loadBalancer: z.array(problemSchema) };

const portSchema = z.strictObject({
  app: text,
  author: text,
  index: count,
  servicePort: count.nullable(),
  mode: z.enum(['http', 'tcp']).nullable(),
  backend: text.nullable(),
  spare: text.nullable(),
  served: z.boolean(),
  bind: text.nullable(),
  routes: z.array(z.strictObject({ host: text, path: text.nullable() })),
  lostHosts: z.array(text),
  auth: z.boolean(),
  redirectToHttps: z.boolean(),
  allowedNetworks: z.array(text),
  servers: z.array(z.strictObject({ name: text, task: text, address: text, port: count, state: z.enum(['serves', 'draining']) })),
  rules: z.array(ruleSchema),
  leftOut: z.array(z.strictObject(reasoned)),
});

const taskSchema = z.strictObject({
  task: text,
  state: text,
  health: text,
  passedUntil: time.nullable(),
  readiness: text,
  host: text,
  addresses: z.array(text),
  startedAt: time.nullable(),
  version: text.nullable(),
  serves: z.array(count),
  draining: z.boolean(),
  leftOut: z.array(z.strictObject({ ...reasoned, port: count.nullable() })),
});

const labelSchema = z.strictObject({ name: text, value: text, counts: z.enum(['yes', 'partly', 'no']), problem: text.nullable() });

const answerSchema = z.strictObject({
  action: z.enum(['backend', 'redirect', 'deny', 'nothing']),
  served: z.boolean(),
  rule: ruleSchema.nullable(),
  labels: z.array(text),
  backend: text.nullable(),
  split: z.array(z.strictObject({ backend: text, percent: count })),
  port: portSchema.nullable(),
  tasks: z.array(taskSchema),
  checks: z.array(text),
  auth: z.boolean(),
  unsure: z.array(ruleSchema),
  why: text.nullable(),
  text: text.nullable(),
});

const claimSchema = z.strictObject({ app: text, index: count, why: text, text, leftOut: z.array(z.strictObject(reasoned)) });
const rowPort = z.strictObject({
  index: count,
  servicePort: count,
  backend: text,
  mode: z.enum(['http', 'tcp']),
  bind: text.nullable(),
  hosts: z.array(text),
  servers: count,
  draining: count,
});
const appRow = z.strictObject({
  app: text,
  servedAs: text.nullable(),
  instances: count,
  tasks: count,
  ports: z.array(rowPort),
  leftOut: z.array(text),
  problems: count,
});

const rate = z.number().min(0).nullable();
const serverCounts = { up: count, checking: count, draining: count, down: count, sessions: count, requests: rate, errors: rate };
const totals = z.strictObject({ ...serverCounts, at: z.number(), p50: rate, p95: rate });
const backendFigures = z.strictObject({ ...serverCounts, backend: text, spare: text.optional(), answerMs: rate });
const serverFigures = z.strictObject({
  server: text,
  status: text,
  sessions: count,
  requests: count,
  errors: count,
  answerMs: z.number().min(0),
  changed: count.nullable(),
  check: text,
});
const haproxyState = z.enum(['as-wanted', 'behind', 'stuck', 'failed', 'nothing-yet']);

const appSchema = z.strictObject({
  kind: z.literal('app'),
  app: text,
  served: z.boolean(),
  servedAs: text.nullable(),
  instances: count,
  network: text,
  ports: z.array(portSchema),
  tasks: z.array(taskSchema),
  checks: z.array(text),
  labels: z.array(labelSchema),
  ...problems,
});

const routeSchema = z.strictObject({
  kind: z.literal('route'),
  host: text,
  path: text,
  served: z.boolean(),
  http: answerSchema.nullable(),
  https: answerSchema.nullable(),
  others: z.array(claimSchema),
  nearest: z.array(text),
  meant: text.nullable(),
  ...problems,
});

const bindSchema = z.strictObject({
  kind: z.literal('port'),
  port: count,
  served: z.boolean(),
  binds: z.array(z.strictObject({ section: text, shared: z.boolean(), answer: answerSchema.nullable() })),
  others: z.array(claimSchema),
  taken: z.array(text),
  ...problems,
});

/** What `marathon-lb-ts explain` is answered. */
const explainSchema = z.strictObject({
  served: z.boolean(),
  text,
  explanation: z.discriminatedUnion('kind', [appSchema, routeSchema, bindSchema]).nullable(),
  lack: text.nullable(),
});

/** What `marathon-lb-ts diff` asks of a daemon that runs. */
export const memorySchema = z.strictObject({
  holders: z.array(z.strictObject({ app: text, author: text.optional(), index: count, holds: z.array(text) })),
  refused: z.array(
    z.strictObject({ app: text, index: count, digest: text, problems: z.array(problemSchema), isShutToo: z.literal(true).optional() }),
  ),
  taken: z.array(
    z.strictObject({
      address: text,
      port: count,
      v6only: z.literal(true).optional(),
      interface: text.optional(),
      transparent: z.literal(true).optional(),
      why: text,
    }),
  ),
});

/** What the answers look like; nothing is in an answer that is not here. */
export const SCHEMAS = {
  Refusal: z.strictObject({ error: text, hint: text }),
  Health: z.strictObject(health),
  SyncHealth: z.strictObject({ ...health, ...sync }),
  Status: z.strictObject({
    at: time,
    version: text,
    machine: text,
    started: time,
    ok: z.boolean(),
    text,
    marathon: z.strictObject({
      attached: z.boolean(),
      url: text.nullable(),
      why: text.nullable(),
      since: time.nullable(),
      read: time.nullable(),
      staleSince: time.nullable(),
    }),
    haproxy: z.strictObject({ state: haproxyState, why: text.nullable(), up: z.boolean(), changed: time.nullable() }),
    unbound: z.array(text),
    apps: count,
    tasks: count,
    problems: count,
  }),
  Apps: z.strictObject({ apps: z.array(appRow) }),
  Overview: z.strictObject({ revision: text, whole: z.boolean(), gone: z.array(text), apps: z.array(appRow) }),
  Stats: z.strictObject({
    at: time,
    everyMs: z.number(),
    totals,
    past: z.array(totals),
    troubled: z.array(backendFigures),
    most: z.array(backendFigures),
    backends: z.array(backendFigures),
  }),
  Deployment: deploymentSchema,
  BackendStats: z.strictObject({ backend: text, servers: z.array(serverFigures) }),
  App: appSchema,
  Route: routeSchema,
  Explain: explainSchema,
  Memory: memorySchema,
  Problems: z.strictObject({ problems: z.array(problemSchema) }),
  History: z.strictObject({ changes: z.array(changeSchema) }),
  Done: z.strictObject({ ok: z.boolean(), text }),
} as const;

/** The name of an answer's shape. */
export type SchemaName = keyof typeof SCHEMAS;
