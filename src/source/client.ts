import { Agent } from 'undici';
import { now as sinceEpoch } from '../lib/clock.ts';
import type { AppId } from '../model/names.ts';
import { appIn, pathOf, saysGone, versionPathOf } from './app-endpoint.ts';
import type { Auth } from './auth.ts';
import { LIMITS, readElements, readJson, unpacked, type Limits } from './body.ts';
import { failure, makeGet, refuseWebPage, type Answer, type Get } from './http-get.ts';
import { makeHostsInTurn, type HostsInTurn, type Read, type Turn } from './hosts-in-turn.ts';
import { makeMayTrust, type LeaderHosts } from './leader.ts';
import { makePatience, type Patience } from './answer-patience.ts';

/** How long to wait for what, in milliseconds. */
export interface Deadlines {
  /** Until a connection stands, TLS included. */
  readonly connectMs: number;
  /** From there to the head of the answer at most: Marathon makes the whole list before it sends a byte. */
  readonly headMs: number;
  /** Between two pieces of the body. */
  readonly silenceMs: number;
  /** For one host's whole answer. */
  readonly wholeMs: number;
}

/** Generous: a big Marathon needs tens of seconds for its apps, and a standby that proxies holds a request for 3 s during an election. */
export const DEADLINES: Deadlines = { connectMs: 5_000, headMs: 60_000, silenceMs: 30_000, wholeMs: 300_000 };

/** As long as an answer may take to begin where nothing is known of this Marathon: all apps, and one. */
const [APPS_MS, APP_MS] = [8_000, 4_000];

/** The longest that one app is waited for: whoever asks for it holds up the others. */
const APP_DEADLINES: Pick<Deadlines, 'headMs' | 'silenceMs' | 'wholeMs'> = { headMs: 8_000, silenceMs: 10_000, wholeMs: 30_000 };

interface AppQuestion<T> {
  readonly id: AppId;
  readonly decode: (json: string) => T;
  readonly signal: AbortSignal;
}

interface VersionQuestion {
  readonly id: AppId;
  /** ISO 8601 in UTC, as tasks carry it. */
  readonly version: string;
  readonly signal: AbortSignal;
}

/**
 * What a Marathon cluster is asked. The hosts are asked one by one, from the last good one on. Everything rejects with a sentence that names
 * every host and what it said, or with the signal's reason.
 */
export interface Client {
  /** The configured addresses. */
  readonly urls: readonly string[];
  readonly get: Get;
  /**
   * All apps with their tasks, each decoded from its JSON text, in the order they came; what a failing host had sent already is thrown away.
   * `decode` throws when a text is no JSON, which counts as its host's failure.
   */
  readonly readApps: <T>(decode: (json: string) => T, signal: AbortSignal) => Promise<Read<readonly T[]>>;
  /** One app with its tasks; undefined when Marathon says that there is none. */
  readonly readApp: <T>(question: AppQuestion<T>) => Promise<Read<T | undefined>>;
  /** The JSON text of an app's definition in one version, without tasks; undefined when Marathon says that there is none. */
  readonly readVersion: (question: VersionQuestion) => Promise<string | undefined>;
  /** Ends all connections, also those in use. */
  readonly close: () => Promise<void>;
}

interface Settings {
  /** Of the members of one cluster; each may have user info and a path prefix: https://dcos/service/marathon. */
  readonly urls: readonly string[];
  readonly auth: Auth;
  /** Further hosts that get the credentials when a Marathon names them as its leader; none when left out. */
  readonly leaderHosts?: LeaderHosts;
  /** PEM texts of the CAs to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** Takes any certificate. */
  readonly insecure?: boolean;
  readonly deadlines?: Deadlines;
  readonly limits?: Limits;
  /** Milliseconds since 1970, with a fraction; of the clock that never jumps when left out. */
  readonly now?: () => number;
}

const APPS = '/v2/apps?embed=apps.tasks&embed=apps.readiness';

/** A client of one Marathon cluster. Throws when there is no address or one of them is no http(s) URL. */
export function makeClient({
  urls,
  auth,
  leaderHosts = [],
  ca,
  insecure = false,
  deadlines = DEADLINES,
  limits = LIMITS,
  now = sinceEpoch,
}: Settings): Client {
  const bases = urls.map(readUrl);
  if (bases.length === 0) throw new Error("no address of a Marathon is given, at least one is wanted: --marathon 'http://host:8080'");
  const agent = new Agent({
    connect: { timeout: deadlines.connectMs, rejectUnauthorized: !insecure, ...(ca === undefined ? {} : { ca }) },
  });
  const get = makeGet({ agent, auth, connectMs: deadlines.connectMs, mayTrust: makeMayTrust(bases, leaderHosts) });
  const ask = makeAsk(get);
  const patience = makePatience({ leastMs: APPS_MS, mostMs: deadlines.headMs });
  const hosts = makeHostsInTurn(bases, now);
  const readOne = makeReadOne({ hosts, ask, deadlines: shorter(deadlines), maxBytes: limits.appBytes });

  return {
    urls: bases.map((base) => base.href),
    get,
    readApps: (decode, signal) =>
      hosts({ what: "Marathon's apps", ms: deadlines.wholeMs, signal }, (base, limited) =>
        ask({ base, path: APPS, deadlines, patience, signal: limited }, (answer) =>
          readElements({ body: unpacked(answer), decode, limits, signal: limited }),
        ),
      ),
    readApp: ({ id, decode, signal }) => readOne({ what: 'an app', id, path: pathOf(id), signal }, (json) => decode(appIn(json, id))),
    readVersion: async ({ id, version, signal }) =>
      (await readOne({ what: 'a version of an app', id, path: versionPathOf(id, version), signal }, JSON.stringify)).answer,
    close: () => agent.destroy(),
  };
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

interface Ask {
  readonly base: URL;
  readonly path: string;
  readonly deadlines: Deadlines;
  readonly patience: Patience;
  readonly also?: number;
  readonly signal: AbortSignal;
}

type AskHost = <T>(question: Ask, read: (answer: Answer) => Promise<T>) => Promise<T>;

/** Asks one host for JSON, and closes its answer in any case. */
function makeAsk(get: Get): AskHost {
  return async ({ base, path, deadlines, patience, also, signal }, read) => {
    const waits = { ...deadlines, headMs: patience.now(), signal };
    const headers = { accept: 'application/json', 'accept-encoding': 'gzip' };
    const sent = performance.now();
    const asked = get({ base: base.href, path, headers, ...waits, ...(also === undefined ? {} : { also }) });
    const answer = await asked.catch((error: unknown) => {
      if (performance.now() - sent >= waits.headMs) patience.failed();
      throw error;
    });
    patience.met(performance.now() - sent);
    try {
      refuseWebPage(answer, 'JSON');
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

/** Reads what is about one app; undefined when a Marathon says that it is not there. */
function makeReadOne({ hosts, ask, deadlines, maxBytes }: ReadOneParts) {
  const patience = makePatience({ leastMs: APP_MS, mostMs: deadlines.headMs });
  return <T>({ what, id, path, signal }: One, read: (json: unknown) => T): Promise<Read<T | undefined>> =>
    hosts({ what, ms: deadlines.wholeMs, signal }, (base, limited) =>
      ask({ base, path, deadlines, patience, also: 404, signal: limited }, async (answer) => {
        const body = readJson(unpacked(answer), maxBytes);
        if (answer.status !== 404) return read(await body);
        if (saysGone(await body.catch(() => undefined), id)) return undefined;
        throw new Error('answered HTTP 404'); // about something else: its host has gone astray
      }),
    );
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new Error(`a Marathon's address is wanted as http://host:8080, found '${text.replace(/^(.*\/\/)?.*@/, '$1')}'`);
}
