import * as z from 'zod';

const text = z.string();
const count = z.int().min(0);

/** What `GET /v1/deployments/{group}` answers: each task of the group's apps, as HAProxy has it. */
export const deploymentSchema = z.strictObject({
  group: text,
  haproxy: text,
  oldWorkers: count,
  tasks: z.array(
    z.strictObject({
      task: text,
      app: text,
      colour: text.nullable(),
      backend: text,
      server: text,
      serving: z.boolean(),
      checked: z.boolean(),
      draining: z.boolean(),
      sessions: count,
      requests: count,
      errors: count,
      answerMs: z.number(),
    }),
  ),
});
