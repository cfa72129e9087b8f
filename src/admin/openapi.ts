import * as z from 'zod';
import { SCHEMAS, type SchemaName } from './schemas.ts';

/** What the description says of one route; every route has its row. */
export interface Described {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly summary: string;
  readonly query?: Readonly<Record<string, { readonly doc: string; readonly isNeeded: boolean }>>;
  /** By status: what the answer is, and its shape, where it is JSON; else its media type. */
  readonly answers: Readonly<
    Record<number, { readonly doc: string; readonly shape: SchemaName } | { readonly doc: string; readonly type: string }>
  >;
}

const REFUSED = { doc: 'why not, and what to do instead', shape: 'Refusal' } as const;
const UNKNOWN_YET = { 503: { doc: 'nothing is known yet', shape: 'Refusal' } } as const;

/** THE table of what is described. */
export const DESCRIBED: readonly Described[] = [
  {
    method: 'GET',
    path: '/health/live',
    summary: 'Whether the daemon lives',
    answers: { 200: { doc: 'it does', shape: 'Health' } },
  },
  {
    method: 'GET',
    path: '/health/ready',
    summary: 'Whether HAProxy runs what it was given last, on all ports of the load balancer',
    answers: { 200: { doc: 'it does', shape: 'Health' }, 503: { doc: 'it does not, with the reasons', shape: 'Health' } },
  },
  {
    method: 'GET',
    path: '/health/sync',
    summary: 'Whether HAProxy runs what Marathon says now',
    answers: { 200: { doc: 'it does', shape: 'SyncHealth' }, 503: { doc: 'it does not, with the reasons', shape: 'SyncHealth' } },
  },
  {
    method: 'GET',
    path: '/metrics',
    summary: 'Figures for Prometheus',
    answers: { 200: { doc: 'in the text format 0.0.4', type: 'text/plain' } },
  },
  {
    method: 'GET',
    path: '/v1/apps',
    summary: 'All apps, a row for each: ports, servers, why something is left out',
    answers: { 200: { doc: 'the apps, in order of id', shape: 'Apps' }, ...UNKNOWN_YET },
  },
  {
    method: 'GET',
    path: '/v1/apps/{id…}',
    summary: 'One app, or a deployment group: every port and task, why it serves or not, and the labels that count',
    answers: { 200: { doc: 'all that is known of it', shape: 'App' }, 404: REFUSED, ...UNKNOWN_YET },
  },
  {
    method: 'GET',
    path: '/v1/routes',
    summary: 'What becomes of a request for a host and path, and which rule decides',
    query: { host: { doc: 'a virtual host', isNeeded: true }, path: { doc: 'a path; / when left out', isNeeded: false } },
    answers: { 200: { doc: 'what answers, or why nothing does', shape: 'Route' }, 400: REFUSED, ...UNKNOWN_YET },
  },
  {
    method: 'GET',
    path: '/v1/explain',
    summary: 'What `marathon-lb-ts explain` says of an app, a host or a port',
    query: { about: { doc: '/shop, shop.acme.org/cart or :10004', isNeeded: true } },
    answers: { 200: { doc: 'whether it is served, and why', shape: 'Explain' }, 400: REFUSED, ...UNKNOWN_YET },
  },
  {
    method: 'GET',
    path: '/v1/problems',
    summary: 'What is wrong with apps, and with what the operator gave',
    answers: { 200: { doc: 'the Problems', shape: 'Problems' }, ...UNKNOWN_YET },
  },
  {
    method: 'GET',
    path: '/v1/status',
    summary: 'Whether Marathon is followed, since when, and whether HAProxy runs what is wanted',
    answers: { 200: { doc: 'how it is now', shape: 'Status' } },
  },
  {
    method: 'GET',
    path: '/v1/overview',
    summary: 'The apps that have changed since an earlier answer; all of them the first time',
    query: { since: { doc: "the earlier answer's revision; all apps when left out", isNeeded: false } },
    answers: { 200: { doc: 'their rows, and the ids of those that are gone', shape: 'Overview' }, ...UNKNOWN_YET },
  },
  {
    method: 'GET',
    path: '/v1/stats',
    summary: "HAProxy's figures: totals, the last 15 minutes as far as somebody looked, and backends with servers down or errors",
    query: {
      backend: { doc: 'a backend whose figures are wanted; up to 200', isNeeded: false },
      most: { doc: 'requests, errors, sessions or down: the 200 backends that have the most of it are wanted too', isNeeded: false },
      since: { doc: 'only totals after this time, in ms since 1970', isNeeded: false },
    },
    answers: { 200: { doc: 'the figures, at most a few seconds old', shape: 'Stats' }, 503: REFUSED },
  },
  {
    method: 'GET',
    path: '/v1/stats/{backend}',
    summary: "HAProxy's figures of a backend's servers, counted since its worker began",
    answers: { 200: { doc: 'the servers', shape: 'BackendStats' }, 404: REFUSED, 503: REFUSED },
  },
  {
    method: 'GET',
    path: '/v1/deployments/{group…}',
    summary: 'The tasks of a deployment group: which serve, which drain, and their open sessions over all workers of HAProxy',
    answers: { 200: { doc: 'the tasks, a row for each port', shape: 'Deployment' }, 404: REFUSED, 503: REFUSED },
  },
  {
    method: 'GET',
    path: '/v1/config',
    summary: 'The configuration that HAProxy runs, with what commands have changed since it was loaded, without passwords',
    answers: { 200: { doc: 'as haproxy.cfg has it', type: 'text/plain; charset=utf-8' }, ...UNKNOWN_YET },
  },
  {
    method: 'GET',
    path: '/v1/memory',
    summary: 'What the daemon knows beside what Marathon says: who holds what, what HAProxy refused, which binds another process has',
    answers: { 200: { doc: 'what it knows', shape: 'Memory' }, ...UNKNOWN_YET },
  },
  {
    method: 'GET',
    path: '/v1/history',
    summary: 'The last 50 changes of HAProxy, the latest first',
    answers: { 200: { doc: 'the changes', shape: 'History' } },
  },
  {
    method: 'GET',
    path: '/v1/events',
    summary:
      'Changes (change) and Problems (problem, problem-gone) as server-sent events, from now on; in the demo its story (story), from the beginning',
    answers: { 200: { doc: 'each event with its JSON', type: 'text/event-stream' }, 503: REFUSED },
  },
  {
    method: 'POST',
    path: '/v1/resync',
    summary: 'Reads everything from Marathon again, and says how HAProxy came to have it',
    answers: {
      200: { doc: 'HAProxy has it', shape: 'Done' },
      401: REFUSED,
      403: REFUSED,
      503: { doc: 'it has not, and why', shape: 'Done' },
    },
  },
  {
    method: 'POST',
    path: '/v1/reload',
    summary: 'HAProxy reads its file again, as it is',
    answers: { 202: { doc: 'it was told to', shape: 'Done' }, 401: REFUSED, 403: REFUSED },
  },
  {
    method: 'GET',
    path: '/v1/openapi.json',
    summary: 'This description',
    answers: { 200: { doc: 'OpenAPI 3.1', type: 'application/json' } },
  },
];

/** The API in OpenAPI 3.1. */
export function describeApi(): Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const described of DESCRIBED) {
    const path = described.path.replace('…', '');
    paths[path] = { ...paths[path], [described.method.toLowerCase()]: operationOf(described) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'marathon-lb-ts', version: '1', description: 'The admin side of a marathon-lb-ts daemon.' },
    paths,
    components: { schemas: Object.fromEntries(Object.entries(SCHEMAS).map(([name, schema]) => [name, z.toJSONSchema(schema)])) },
  };
}

function operationOf({ path, summary, query = {}, answers }: Described): unknown {
  const inPath = Array.from(path.matchAll(/\{(\w+)…?\}/g), ([, name]) => {
    return { name, in: 'path', required: true, schema: { type: 'string' }, description: 'slashes in it may stand as they are' };
  });
  const inQuery = Object.entries(query).map(([name, { doc, isNeeded }]) => {
    return { name, in: 'query', required: isNeeded, schema: { type: 'string' }, description: doc };
  });
  const responses = Object.entries(answers).map(([status, answer]) => {
    const content =
      'shape' in answer
        ? { 'application/json': { schema: { $ref: `#/components/schemas/${answer.shape}` } } }
        : { [answer.type.replace(/;.*/, '')]: {} };
    return [status, { description: answer.doc, content }] as const;
  });
  return { summary, parameters: [...inPath, ...inQuery], responses: Object.fromEntries(responses) };
}
