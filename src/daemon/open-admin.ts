import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { apiRoutes, type ApiParts } from '../admin/api.ts';
import { deploymentRoutes, type DeploymentParts } from '../admin/deployments.ts';
import { metricsRoute, type Metrics, type SampleGauges } from '../admin/metrics.ts';
import { pageApiRoutes, type PageParts } from '../admin/page-api.ts';
import { pageFileRoutes } from '../admin/page-files.ts';
import { openapiRoute } from '../admin/openapi-route.ts';
import { healthRoutes, type Condition } from '../admin/health.ts';
import { marathonLbRoutes, type MarathonLbParts } from '../admin/marathon-lb.ts';
import { makeAdminServer, type AdminServer } from '../admin/server.ts';
import type { AdminRoute } from '../admin/route.ts';
import { textOf } from '../lib/endpoint.ts';
import { inTime } from '../lib/deadline.ts';
import { sentence } from '../lib/sentence.ts';
import { USUAL_ADMIN_ADDRESS } from '../options/admin.ts';
import type { Settings } from '../options/options.ts';
import { socketPath } from './control.ts';
import type { RunInputs } from './surroundings.ts';

/** What can be asked of the admin side. */
export interface AdminParts extends ApiParts, MarathonLbParts, PageParts, DeploymentParts {
  readonly metrics: Metrics;
  readonly sample: SampleGauges;
  readonly condition: () => Promise<Condition>;
}

/** The admin side, while it answers over TCP. */
export interface Admin {
  /** Answers on the socket in the run folder, too, until the signal; resolves with what says whether the socket's file is still there. */
  readonly serve: (signal: AbortSignal) => Promise<() => Promise<boolean>>;
}

/** Listens where --admin-address says, until the signal. Rejects with a sentence for an address that can't be had, or a token that can't be read. */
export async function openAdmin(run: AdminRun, parts: AdminParts): Promise<Admin> {
  const server = await openServer(run, routesOf(parts));
  return { serve: (until) => server.onSocket(socketPath(run.settings.runDir, 'admin.sock'), until) };
}

type AdminRun = Pick<RunInputs, 'settings' | 'log' | 'signal'>;

/** Serves routes where --admin-address says, until the signal. */
export async function openServer({ settings, log, signal }: AdminRun, routes: readonly AdminRoute[]): Promise<AdminServer> {
  await readToken(settings);
  const server = makeAdminServer({ routes, names: namesOf(settings), token: () => readToken(settings), log });
  await listen(server, { settings, log, signal });
  return server;
}

function routesOf(parts: AdminParts): readonly AdminRoute[] {
  const metrics = metricsRoute(parts.metrics, parts.sample);
  const api = [...apiRoutes(parts), ...deploymentRoutes(parts), ...pageApiRoutes(parts), ...marathonLbRoutes(parts)];
  return [...healthRoutes(parts.condition), ...api, ...pageFileRoutes, metrics, openapiRoute];
}

/** This machine's own name, long and short, and what the operator has given. */
function namesOf({ adminHost }: Settings): readonly string[] {
  const own = hostname().toLowerCase();
  return [own, own.replace(/\..*/, ''), ...adminHost];
}

/** How long the file with the token may take to be read, in milliseconds. */
const TOKEN_MS = 5_000;

/** Read anew whenever somebody shows a token, so that a new one counts at once. */
async function readToken({ adminTokenFile: file }: Settings): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    const text = await inTime(readFile(file, 'utf8'), { ms: TOKEN_MS, what: `reading ${file}` });
    const token = text.trim();
    if (/^\S{16,}$/.test(token)) return token;
    throw new Error('it holds no token: one word of 16 characters or more is wanted');
  } catch (error) {
    throw new Error(`the file of --admin-token-file can't be read: ${sentence(error)}`, { cause: error });
  }
}

/**
 * Listens on the admin address. Rejects when the operator gave the address and it can't be bound. Where another process has the default one, only the
 * socket answers.
 */
async function listen(server: AdminServer, { settings, log, signal }: AdminRun): Promise<void> {
  const { adminAddress: given } = settings;
  if (given === 'off') return;
  const endpoint = given ?? USUAL_ADMIN_ADDRESS;
  try {
    await server.onAddress(endpoint, signal);
  } catch (error) {
    const reason = sentence(error);
    const what = `health, metrics and the API can't be served at ${textOf(endpoint)}`;
    if (given !== undefined) throw new Error(`${what}: ${reason}; name another --admin-address, or off`, { cause: error });
    log.warn({ reason }, `${what}, so only at admin.sock in --run-dir; --admin-address names another, or off`);
  }
}
