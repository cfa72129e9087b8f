import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../../src/deploy/engine.ts';
import { makeMarathonSide, type MarathonSide } from '../../src/deploy/marathon-side.ts';
import { isObject } from '../../src/deploy/read-group.ts';
import type { Balancer, BalancerServer } from '../../src/deploy/shapes.ts';
import { startMarathon, type Launch, type Marathon } from '../../src/demo/marathon.ts';
import type { App } from '../../src/model/snapshot.ts';
import { makeMergeGroups } from '../../src/services/groups.ts';
import { decodeApp } from '../../src/snapshot/decode.ts';
import { noAuth } from '../../src/source/auth.ts';
import { makeClient } from '../../src/source/client.ts';

/** The definition of the app as its author wrote it. */
export const SHOP = {
  id: '/shop',
  instances: 4,
  labels: {
    HAPROXY_GROUP: 'external',
    HAPROXY_DEPLOYMENT_GROUP: '/shop',
    HAPROXY_DEPLOYMENT_ALT_PORT: '10001',
    HAPROXY_0_VHOST: 'shop.acme.org',
  },
  networks: [{ mode: 'container', name: 'calico' }],
  container: { portMappings: [{ containerPort: 80, servicePort: 10000 }] },
  healthChecks: [{ protocol: 'MESOS_HTTP', path: '/', portIndex: 0 }],
};

/** Sessions that stay on a task: how many, by its id. */
export type Sessions = (task: string) => number;

/** A Marathon, and a load balancer that drains as ours does. */
export interface Rig {
  readonly marathon: Marathon;
  readonly side: MarathonSide;
  /** How many tasks served at each look, the fewest. */
  readonly fewest: () => number;
  readonly engine: (more?: Partial<Engine>) => Engine;
  readonly apps: () => Promise<Readonly<Record<string, number>>>;
  readonly said: readonly string[];
}

/** Opens a rig that ends with `ends`. New tasks behave as `launch` says. */
export async function openRig(ends: (() => unknown)[], launch: Launch, sessions: Sessions = () => 0): Promise<Rig> {
  const marathon = await startMarathon({ launch });
  const over = new AbortController();
  const client = makeClient({ urls: [marathon.url], auth: noAuth, now: Date.now });
  ends.push(
    () => client.close(),
    () => marathon.close(),
    () => {
      over.abort();
    },
  );
  const side = makeMarathonSide(client, over.signal);
  const said: string[] = [];
  let fewest = Infinity;
  const merge = makeMergeGroups();
  const read = async (): Promise<readonly App[]> => {
    const { answer } = await client.readApps((json) => decodeApp(json), over.signal);
    return answer.flatMap((one) => ('app' in one ? one.app : []));
  };
  const look = async (): Promise<readonly Balancer[]> => {
    const group = merge(await read()).apps.find(({ id }) => id === '/shop');
    const servers = new Map<string, BalancerServer>();
    for (const { id, draining, health, state } of group?.tasks ?? []) {
      if (health !== 'alive' || state !== 'TASK_RUNNING') continue;
      const isDraining = draining === true;
      servers.set(id, {
        serving: !isDraining,
        draining: isDraining,
        sessions: isDraining ? sessions(id) : 0,
        requests: 0,
        errors: 0,
        answerMs: 0,
      });
    }
    fewest = Math.min(fewest, [...servers.values()].filter(({ serving }) => serving).length);
    return [{ name: 'lb1', servers }];
  };
  const engine: Rig['engine'] = (more = {}) => ({
    marathon: side,
    group: '/shop',
    base: '/shop',
    owner: `${hostname()}:999999999:0`,
    look,
    beforeKill: () => Promise.resolve(),
    judge: () => undefined,
    say: (sentence) => said.push(sentence),
    pauseMs: 2,
    stepDelayMs: 0,
    now: Date.now,
    sleep: async (ms, signal) => {
      await sleep(Math.min(ms, 2), undefined, { signal });
    },
    signal: over.signal,
    ...more,
  });
  const apps = async () => {
    const { apps: all } = (await (await fetch(`${marathon.url}/v2/apps`)).json()) as { apps: unknown[] };
    return Object.fromEntries(all.filter(isObject).map((app) => [String(app['id']), Number(app['instances'])]));
  };
  return { marathon, side, fewest: () => fewest, engine, apps, said };
}
