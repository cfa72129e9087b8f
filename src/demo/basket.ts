import type { JsonObject } from './marathon-app.ts';
import { startFlow } from './flow.ts';

/** A deployment in two colours that is asked for. */
export interface DeployWish {
  /** The definition, as its author writes it. */
  readonly app: JsonObject;
  /** How long one step may take, in milliseconds. */
  readonly stepMs: number;
  /** The pause between two steps, in milliseconds. */
  readonly pauseMs: number;
  /** The limits of `--analysis`; no analysis when left out. */
  readonly analysis?: string;
  /** Is told what is done. */
  readonly say: (sentence: string) => void;
}

/** How a deployment ended. */
export type DeployEnd = 'first' | 'complete' | 'taken back';

/** Carries out a deployment to its end. Rejects when it can't go on, or when the demo ends. */
export type Deploy = (wish: DeployWish) => Promise<DeployEnd>;

/** Where the basket runs, and who deploys it. */
export interface BasketSettings {
  /** Where HAProxy answers, for the requests during a deployment. */
  readonly at: { readonly address: string; readonly port: number };
  readonly containerPort: number;
  readonly servicePort: number;
  readonly deploy: Deploy;
  /** The time between two events of the story, in milliseconds. */
  readonly everyMs: number;
  readonly say: (sentence: string) => void;
  readonly signal: AbortSignal;
}

/** An app that is deployed in two colours while requests come: a good version, one that never gets healthy, and one that answers 500. */
export interface Basket {
  /** Makes the first version. */
  readonly begin: () => Promise<void>;
  readonly good: () => Promise<void>;
  readonly sick: () => Promise<void>;
  readonly failing: () => Promise<void>;
}

const APP = '/basket';
/** Its virtual host. */
export const BASKET_HOST = 'basket.acme.org';
/** Its own port is bound here, where nobody else binds. */
const BIND = '127.53.0.1';
const INSTANCES = 4;

/** What is wrong with a version, for the server that stands for its tasks. */
export type VersionFault = 'none' | 'never healthy' | 'answers 500';

/** The basket; nothing happens before `begin`. */
export function makeBasket(settings: BasketSettings): Basket {
  const { deploy, say, everyMs } = settings;
  let version = 1;
  const next =
    (fault: VersionFault, wish: Omit<DeployWish, 'app' | 'say'>): (() => Promise<void>) =>
    async () => {
      version++;
      say(`${APP}: version ${version} is deployed in a second colour${WORDS[fault]}`);
      const flow = startFlow({ ...settings.at, host: BASKET_HOST, signal: settings.signal });
      const end = await deploy({ ...wish, app: formOf(settings, version, fault), say }).finally(flow.stop);
      say(`${APP}: version ${version} ${ENDS[end]}; ${flow.words()}`);
    };
  return {
    begin: async () => {
      await deploy({ app: formOf(settings, version, 'none'), stepMs: STEP_MS, pauseMs: 0, say: () => undefined });
    },
    good: next('none', { stepMs: STEP_MS, pauseMs: Math.min(PAUSE_MS, everyMs / 10) }),
    sick: next('never healthy', { stepMs: NEVER_MS, pauseMs: PAUSE_MS }),
    failing: next('answers 500', { stepMs: STEP_MS, pauseMs: PAUSE_MS, analysis: 'errors<5%' }), // its first step needs time for 20 requests
  };
}

/** How long a step of a deployment may take, and one of a version that never gets healthy, in milliseconds. */
const [STEP_MS, NEVER_MS] = [30_000, 6_000];
/** The pause between two steps, in milliseconds. */
const PAUSE_MS = 1_000;

const ENDS: Readonly<Record<DeployEnd, string>> = {
  first: 'is the first one',
  complete: 'serves alone',
  'taken back': 'is gone, and the version before it serves alone',
};

const WORDS: Readonly<Record<VersionFault, string>> = {
  none: ', and is to take over step by step',
  'never healthy': ', but its health check never passes',
  'answers 500': '; its health check passes, but it answers everything else with 500',
};

/** The definition of a version. */
function formOf({ containerPort, servicePort }: BasketSettings, version: number, fault: VersionFault): JsonObject {
  const times = { gracePeriodSeconds: 2, intervalSeconds: 1, timeoutSeconds: 1, maxConsecutiveFailures: 2 };
  return {
    id: APP,
    instances: INSTANCES,
    env: { VERSION: String(version), FAULT: fault },
    labels: {
      HAPROXY_GROUP: 'external',
      HAPROXY_DEPLOYMENT_GROUP: APP,
      HAPROXY_DEPLOYMENT_ALT_PORT: String(servicePort + 1),
      HAPROXY_0_VHOST: BASKET_HOST,
      HAPROXY_0_BIND_ADDR: BIND,
    },
    networks: [{ mode: 'container', name: 'calico' }],
    container: { type: 'DOCKER', portMappings: [{ containerPort, servicePort }] },
    healthChecks: [{ protocol: 'MESOS_HTTP', path: '/health', portIndex: 0, ...times }],
  };
}
