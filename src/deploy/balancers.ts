import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { request } from 'undici';
import { bracketed } from '../lib/bracketed.ts';
import { LATE, within } from '../lib/deadline.ts';
import { sentence } from '../lib/sentence.ts';
import { readCsv } from './csv.ts';
import { isObject, type JsonObject } from './read-group.ts';
import type { Balancer, Group, BalancerServer } from './shapes.ts';
import { mergePorts } from './merge-ports.ts';

/** How long the lookup of a name may take, and then one load balancer for all that it is asked, in milliseconds. */
const ANSWER_MS = 5_000;

/** Where one load balancer is asked: at one of the addresses of a URL of --marathon-lb. */
interface BalancerPlace {
  readonly base: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Looks up all addresses of a name. */
export type LookUp = (host: string) => Promise<readonly { readonly address: string }[]>;

/** Asks every address of every URL. A name is looked up each time, because load balancers come and go. Never rejects. */
export function askBalancers(urls: readonly URL[], group: Group, signal: AbortSignal): Promise<readonly Balancer[]> {
  return makeAsk((host) => lookup(host, { all: true }))({ urls, group, signal });
}

/** What is asked, about which group. */
interface GroupQuery {
  readonly urls: readonly URL[];
  readonly group: Group;
  readonly signal: AbortSignal;
}

/** Makes `askBalancers` with another way to look up names. */
export function makeAsk(lookUp: LookUp): (asking: GroupQuery) => Promise<readonly Balancer[]> {
  return (asking) => askAll(asking, lookUp);
}

async function askAll({ urls, group, signal }: GroupQuery, lookUp: LookUp): Promise<readonly Balancer[]> {
  const found = await Promise.all(
    urls.map(async (url): Promise<readonly (BalancerPlace | Balancer)[]> => {
      try {
        return await placesOf(url, lookUp);
      } catch (error) {
        return [{ name: url.host, why: `its name can't be looked up: ${sentence(error)}` }];
      }
    }),
  );
  return Promise.all(found.flat().map(async (place) => ('base' in place ? askOne(place, group, signal) : place)));
}

async function placesOf(url: URL, lookUp: LookUp): Promise<readonly BalancerPlace[]> {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '9090') : url.port;
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const headers = url.username === '' ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
  if (url.protocol === 'https:') return [{ base: `https://${url.hostname}:${port}`, headers }]; // its certificate is for the name
  const addresses = await within(lookUp(url.hostname.replace(/^\[|\]$/g, '')), { ms: ANSWER_MS });
  if (addresses === LATE) throw new Error(`no answer within ${ANSWER_MS / 1000} s`);
  return addresses.map(({ address }) => ({ base: `http://${isIPv6(address) ? bracketed(address) : address}:${port}`, headers }));
}

interface BalancerResponse {
  readonly status: number;
  readonly text: string;
}

async function askOne(place: BalancerPlace, group: Group, signal: AbortSignal): Promise<Balancer> {
  const name = new URL(place.base).host;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  try {
    const get = async (path: string): Promise<BalancerResponse> => {
      const { statusCode, body } = await request(`${place.base}${path}`, { headers: place.headers, signal: limited });
      return { status: statusCode, text: await body.text() };
    };
    const path = group.name
      .split('/')
      .filter((part) => part !== '')
      .map(encodeURIComponent)
      .join('/');
    const ours = readOurs(await get(`/_mlb/v1/deployments/${path}`), name);
    if (ours !== undefined) return ours;
    const [csv, pids] = [await get('/haproxy?stats;csv'), await get('/_haproxy_getpids')];
    if (csv.status !== 200) return { name, why: `it answered HTTP ${csv.status} instead of its figures` };
    const isReloading = pids.status !== 200 || pids.text.trim().split(/\s+/).length > 2; // nobody knows whether there is an old worker: as if there were one
    return { name, servers: readCsv(csv.text, { group, isReloading }), isOld: true };
  } catch (error) {
    return { name, why: sentence(error) };
  }
}

/** What a marathon-lb-ts says; undefined when the answer is of something else. */
function readOurs({ status, text }: BalancerResponse, name: string): Balancer | undefined {
  const json = parse(text);
  if (!isObject(json)) return undefined;
  if (status === 404 && typeof json['error'] === 'string') return { name, servers: new Map() };
  if (status !== 200) return { name, why: typeof json['error'] === 'string' ? json['error'] : `it answered HTTP ${status}` };
  const tasks = Array.isArray(json['tasks']) ? (json['tasks'] as readonly unknown[]).filter(isObject) : [];
  const servers = new Map<string, BalancerServer>();
  for (const task of tasks) {
    const id = String(task['task']);
    servers.set(id, mergePorts(servers.get(id), serverOf(task)));
  }
  return { name, servers };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function serverOf(task: JsonObject): BalancerServer {
  const count = (key: string): number => Number(task[key]) || 0;
  return {
    serving: task['serving'] === true,
    draining: task['draining'] === true,
    sessions: count('sessions'),
    requests: count('requests'),
    errors: count('errors'),
    answerMs: count('answerMs'),
  };
}
