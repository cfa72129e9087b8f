import { Agent } from 'undici';
import type { AppId } from '../model/names.ts';
import { appIn, pathOf, podIn, podPathOf, saysGone, versionPathOf } from './app-endpoint.ts';
import type { Auth } from './auth.ts';
import { LIMITS, readElements, readJson, unpacked, type BodyLimits } from './body.ts';
import { metered, type RequestMeter } from './metered.ts';
import { failure, makeGet, refuseWebPage, type OpenResponse, type Get } from './http-get.ts';
import { makeHostsInTurn, type HostsInTurn, type HostRead, type Turn } from './hosts-in-turn.ts';
import { makeMayTrust, type LeaderHosts } from './leader.ts';
import { makePatience, type Patience } from './answer-patience.ts';

/** The deadlines of one request, in milliseconds. */
export interface Deadlines {
  /** For making the connection, TLS included. */
  readonly connectMs: number;
  /** The longest wait for the head of the answer; Marathon builds its whole list before it sends a byte. */
  readonly headMs: number;
  /** Between two pieces of the body. */
  readonly silenceMs: number;
  /** For the whole answer of one host. */
  readonly wholeMs: number;
}

/** Long, because a large Marathon needs tens of seconds for its apps, and a standby that proxies holds a request for 3 s during an election. */
const DEADLINES: Deadlines = { connectMs: 5_000, headMs: 60_000, silenceMs: 30_000, wholeMs: 300_000 };

/** How long to wait for the first answer to begin, in milliseconds: for all apps, and for one app. */
const [APPS_MS, APP_MS] = [8_000, 4_000];

/** The deadlines for reading one app. They are shorter, because other apps wait for it. */
const APP_DEADLINES: Pick<Deadlines, 'headMs' | 'silenceMs' | 'wholeMs'> = { headMs: 8_000, silenceMs: 10_000, wholeMs: 30_000 };

interface AppQuestion<T> {
  readonly id: AppId;
  readonly decode: (json: string) => T;
  readonly signal: AbortSignal;
}

interface VersionQuestion {
  readonly id: AppId;
  /** ISO 8601 in UTC, as tasks have it. */
  readonly version: string;
  /** Whether the app is a pod. */
  readonly pod?: boolean;
  readonly signal: AbortSignal;
}

/**
 * Reads from a Marathon cluster. Hosts are asked one after the other, starting with the host that answered last. Each function rejects with a
 * sentence that names every host and what it answered, or with the signal's reason.
 */
export interface Client {
  /** The configured URLs. */
  readonly urls: readonly string[];
  readonly get: Get;
  /**
   * Reads all apps with their tasks, in the order they arrive, each decoded from its JSON text. If a host fails in the middle, its apps are thrown
   * away. `decode` throws when a text is not JSON, which counts as a failure of the host.
   */
  readonly readApps: <T>(decode: (json: string) => T, signal: AbortSignal) => Promise<HostRead<readonly T[]>>;
  /** Reads one app with its tasks; undefined when Marathon says that it does not exist. */
  readonly readApp: <T>(question: AppQuestion<T>) => Promise<HostRead<T | undefined>>;
  /** Reads all pods with their instances, as `readApps` reads apps; undefined when this Marathon has no pods, as before 1.4. */
  readonly readPods: <T>(decode: (json: string) => T, signal: AbortSignal) => Promise<HostRead<readonly T[] | undefined>>;
  /** Reads one pod with its instances; undefined when Marathon says that it does not exist. */
  readonly readPod: <T>(question: AppQuestion<T>) => Promise<HostRead<T | undefined>>;
  /** Reads an app's or a pod's definition in one version as JSON text, without tasks; undefined when Marathon says that it does not exist. */
  readonly readVersion: (question: VersionQuestion) => Promise<string | undefined>;
  /** Closes all connections, even connections in use. */
  readonly close: () => Promise<void>;
}

interface Settings {
  /** The URLs of one cluster's members; each may have user info and a path prefix: https://dcos/service/marathon. */
  readonly urls: readonly string[];
  readonly auth: Auth;
  /** More hosts that may get the credentials when a Marathon names them as its leader; none when left out. */
  readonly leaderHosts?: LeaderHosts;
  /** PEM texts of the CAs to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** Accepts any certificate. */
  readonly insecure?: boolean;
  /** Told of each request; nobody is when left out. */
  readonly meter?: RequestMeter | undefined;
  readonly deadlines?: Deadlines;
  readonly limits?: BodyLimits;
  /** Returns milliseconds since 1970, with a fraction; by default from a clock that never jumps. */
  readonly now: () => number;
}

const APPS = '/v2/apps?embed=apps.tasks&embed=apps.readiness';
const PODS = '/v2/pods/::status';

/** The statuses with which a Marathon without pods answers: it does not know the path, or no GET of it. */
const NO_PODS: readonly number[] = [404, 405];

/** Makes a client of one Marathon cluster. Throws when there is no URL, or one that is not http or https. */
export function makeClient(settings: Settings): Client {
  const { urls, deadlines = DEADLINES, limits = LIMITS, now } = settings;
  const bases = urls.map(readUrl);
  if (bases.length === 0) throw new Error("no Marathon is given; at least one is wanted: --marathon 'http://host:8080'");
  const { agent, get } = makeConnections(settings, bases);
  const ask = makeAsk(get, now);
  const [patience, podPatience] = [0, 1].map(() => makePatience({ leastMs: APPS_MS, mostMs: deadlines.headMs })) as [Patience, Patience];
  const hosts = makeHostsInTurn(bases, now);
  const readOne = makeReadOne({ hosts, ask, deadlines: shorter(deadlines), maxBytes: limits.appBytes });

  return {
    urls: bases.map((base) => base.href),
    get,
    readApps: (decode, signal) =>
      hosts({ what: "Marathon's apps", ms: deadlines.wholeMs, signal }, (base, limited) =>
        ask({ base, path: APPS, deadlines, patience, signal: limited }, (answer) =>
          readElements({ body: unpacked(answer), key: 'apps', decode, limits, now, signal: limited }),
        ),
      ),
    readPods: (decode, signal) =>
      hosts({ what: "Marathon's pods", ms: deadlines.wholeMs, signal }, (base, limited) =>
        ask({ base, path: PODS, deadlines, patience: podPatience, also: NO_PODS, unknown: NO_PODS, signal: limited }, (answer) =>
          NO_PODS.includes(answer.status)
            ? Promise.resolve(undefined)
            : readElements({ body: unpacked(answer), decode, limits, now, signal: limited }),
        ),
      ),
    readPod: ({ id, decode, signal }) => readOne({ what: 'a pod', id, path: podPathOf(id), signal }, (json) => decode(podIn(json, id))),
    readApp: ({ id, decode, signal }) => readOne({ what: 'an app', id, path: pathOf(id), signal }, (json) => decode(appIn(json, id))),
    readVersion: async ({ signal, ...one }) =>
      (await readOne({ what: 'a version of an app', id: one.id, path: versionPathOf(one), signal }, JSON.stringify)).answer,
    close: () => agent.destroy(),
  };
}

/** Makes what all requests share: their connections, and the function that sends one. */
function makeConnections({ auth, leaderHosts = [], ca, insecure = false, meter, deadlines = DEADLINES }: Settings, bases: readonly URL[]) {
  const { connectMs } = deadlines;
  const agent = new Agent({ connect: { timeout: connectMs, rejectUnauthorized: !insecure, ...(ca === undefined ? {} : { ca }) } });
  const dispatcher = meter === undefined ? agent : agent.compose(metered(meter));
  return { agent, get: makeGet({ agent: dispatcher, auth, connectMs, mayTrust: makeMayTrust(bases, leaderHosts) }) };
}

function shorter(deadlines: Deadlines): Deadlines {
  const { headMs, silenceMs, wholeMs } = APP_DEADLINES;
  return {
    connectMs: deadlines.connectMs,
    headMs: Math.min(headMs, deadlines.headMs),
    silenceMs: Math.min(silenceMs, deadlines.silenceMs),
    wholeMs: Math.min(wholeMs, deadlines.wholeMs),
  };
}

interface HostRequest {
  readonly base: URL;
  readonly path: string;
  readonly deadlines: Deadlines;
  readonly patience: Patience;
  readonly also?: readonly number[];
  /** Statuses with which a host says that it does not know what is asked for, in whatever form. */
  readonly unknown?: readonly number[];
  readonly signal: AbortSignal;
}

type AskHost = <T>(question: HostRequest, read: (answer: OpenResponse) => Promise<T>) => Promise<T>;

/** Makes a function that asks one host for JSON. It always closes the answer. */
function makeAsk(get: Get, now: () => number): AskHost {
  return async ({ base, path, deadlines, patience, also, unknown = [], signal }, read) => {
    const waits = { ...deadlines, headMs: patience.now(), signal };
    const headers = { accept: 'application/json', 'accept-encoding': 'gzip' };
    const sent = now();
    const asked = get({ base: base.href, path, headers, ...waits, ...(also === undefined ? {} : { also }) });
    const answer = await asked.catch((error: unknown) => {
      if (now() - sent >= waits.headMs) patience.failed();
      throw error;
    });
    patience.met(now() - sent);
    try {
      if (!unknown.includes(answer.status)) refuseWebPage(answer, 'JSON');
      return await read(answer);
    } catch (error) {
      throw failure(error, waits);
    } finally {
      answer.body.destroy();
    }
  };
}

interface ReadOneParts {
  readonly hosts: HostsInTurn;
  readonly ask: AskHost;
  readonly deadlines: Deadlines;
  readonly maxBytes: number;
}

interface One extends Pick<Turn, 'what' | 'signal'> {
  readonly id: AppId;
  readonly path: string;
}

/** Makes a function that reads something about one app; undefined when Marathon says that it does not exist. */
function makeReadOne({ hosts, ask, deadlines, maxBytes }: ReadOneParts) {
  const patience = makePatience({ leastMs: APP_MS, mostMs: deadlines.headMs });
  return <T>({ what, id, path, signal }: One, read: (json: unknown) => T): Promise<HostRead<T | undefined>> =>
    hosts({ what, ms: deadlines.wholeMs, signal }, (base, limited) =>
      ask({ base, path, deadlines, patience, also: [404], signal: limited }, async (answer) => {
        const body = readJson(answer, maxBytes);
        if (answer.status !== 404) return read(await body);
        if (saysGone(await body.catch(() => undefined), id)) return undefined;
        throw new Error('answered HTTP 404'); // the 404 is not about the app, so this host does not work properly
      }),
    );
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new Error(`a Marathon's URL must look like http://host:8080, but is '${withoutUser(text)}'`);
}

/** A text that is meant to be a URL, without what stands before its last `@`: that may be a password. */
function withoutUser(text: string): string {
  const at = text.lastIndexOf('@');
  const start = text.slice(0, Math.max(0, at)).indexOf('//');
  return at < 0 ? text : text.slice(0, start < 0 ? 0 : start + 2) + text.slice(at + 1);
}
