import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { askBalancers } from '../../src/deploy/balancers.ts';
import { deploy, type Engine, type DeployOutcome, type DeployTask } from '../../src/deploy/engine.ts';
import { ownerName } from '../../src/deploy/lock.ts';
import { makeMarathonSide, type MarathonSide } from '../../src/deploy/marathon-side.ts';
import { prepare } from '../../src/deploy/prepare.ts';
import type { Group, DeployPlan } from '../../src/deploy/shapes.ts';
import { noAuth } from '../../src/source/auth.ts';
import { makeClient } from '../../src/source/client.ts';
import { freePorts } from './ports.ts';
import { makeTraffic, together, type Traffic } from './traffic.ts';
import type { Balancer, Fleet } from './two-balancers.ts';
import { PATIENCE_MS, until } from './until.ts';

/** An app that is deployed in two colours. */
export interface Shop {
  readonly name: string;
  readonly host: string;
  readonly instances: number;
  /** Its service ports: the names of its backends end with them. */
  readonly ports: readonly number[];
  /** The definition as its author wrote it. */
  readonly app: (version: string) => Readonly<Record<string, unknown>>;
}

interface Wishes {
  readonly name: string;
  readonly instances: number;
  /** How many ports each task has; 1 when left out. */
  readonly ports?: number;
  /** Tasks share the address of their agent; otherwise each has its own, as with Calico. */
  readonly isHostMode?: boolean;
}

/** An app with so many instances and ports. */
export async function makeShop({ name, instances, ports: count = 1, isHostMode = false }: Wishes): Promise<Shop> {
  const ports = await freePorts(count);
  const [alt, ...container] = await freePorts(count + 1);
  const host = `${name}.acme.org`;
  const hosts = Object.fromEntries(ports.map((_, i) => [`HAPROXY_${i}_VHOST`, i === 0 ? host : `${i}-${host}`]));
  const where = isHostMode
    ? { networks: [{ mode: 'host' }], portDefinitions: ports.map((port) => ({ port })) }
    : {
        networks: [{ mode: 'container', name: 'calico' }],
        container: { portMappings: ports.map((servicePort, i) => ({ containerPort: container[i], servicePort })) },
      };
  const app: Shop['app'] = (version) => ({
    id: `/${name}`,
    instances,
    labels: { HAPROXY_GROUP: 'external', HAPROXY_DEPLOYMENT_GROUP: name, HAPROXY_DEPLOYMENT_ALT_PORT: String(alt), ...hosts },
    env: { VERSION: version },
    ...where,
    healthChecks: ports.map((_, portIndex) => ({
      protocol: 'MESOS_HTTP',
      path: '/',
      portIndex,
      intervalSeconds: 1,
      maxConsecutiveFailures: 3,
    })),
  });
  return { name, host, instances, ports, app };
}

/** What a run is to do; a deployment that goes on to its end when left out. */
export interface Run {
  readonly plan?: Partial<DeployPlan>;
  /** `2` when left out. */
  readonly version?: string;
  readonly newInstances?: number;
  /** No new app is made: a hybrid is ended. */
  readonly isHybrid?: boolean;
  readonly engine?: Partial<Engine>;
  /** Called with each change of Marathon, before it is made. */
  readonly before?: (change: 'create' | 'scale' | 'kill' | 'remove') => unknown;
}

/** Deployments over the load balancers of a fleet, watched. */
export interface Deploying {
  readonly side: MarathonSide;
  /** Drives a deployment, as the command does. */
  readonly run: (shop: Shop, run?: Run) => Promise<DeployOutcome>;
  /** What the runs of a shop have said. */
  readonly said: (shop: Shop) => readonly string[];
  /** Posts the first apps, and waits until all of them serve on every load balancer, which is watched from then on. */
  readonly first: (shops: readonly Shop[]) => Promise<void>;
  /** The fewest tasks that a load balancer had in rotation, of any port of a shop. */
  readonly fewest: (shop: Shop) => number;
  /** Tasks that were to be killed while a load balancer still gave them requests; by task and load balancer. */
  readonly wrong: readonly string[];
  /** Requests that go on, through each of these load balancers. */
  readonly traffic: (shop: Shop, through?: readonly Balancer[]) => Traffic;
  /** The apps of a shop, with their instances. */
  readonly apps: (shop: Shop) => Promise<Readonly<Record<string, number>>>;
}

const PLAN: DeployPlan = { growth: { by: 'half' }, stepMs: 3 * PATIENCE_MS, onTimeout: 'wait', direction: 'forward' };

/** Makes what drives and watches deployments; it ends with the cluster. */
export function makeDeploying({ cluster, balancers }: Fleet): Deploying {
  const { marathon, ends, ports } = cluster;
  const over = new AbortController();
  setMaxListeners(200, over.signal); // many runs share it
  const client = makeClient({ urls: [marathon.url], auth: noAuth, now: Date.now });
  ends.push(() => client.close());
  ends.push(() => {
    over.abort();
  });
  const side = makeMarathonSide(client, over.signal);
  const said = new Map<string, string[]>();
  const wrong: string[] = [];
  const rotation = watchRotation(balancers, over.signal);
  const saidBy = ({ name }: Shop): string[] => {
    if (!said.has(name)) said.set(name, []);
    return said.get(name) ?? [];
  };
  const urls = balancers.map(({ url }) => url);
  const look = (group: Group) => askBalancers(urls, group, over.signal);
  const run: Deploying['run'] = (shop, { plan = {}, version = '2', newInstances = 0, isHybrid = false, engine = {}, before } = {}) => {
    const make: DeployTask['make'] = ({ apps }) =>
      prepare({
        app: shop.app(version),
        previous: apps.at(-1),
        initial: 1,
        newInstances,
        instancesFrom: 'running',
        growth: PLAN.growth,
        now: new Date(),
      });
    return deploy(
      {
        marathon: watched({ side, name: shop.name, balancers, wrong, before }),
        group: shop.name,
        base: `/${shop.name}`,
        owner: ownerName(),
        look,
        beforeKill: () => Promise.resolve(),
        judge: () => undefined,
        say: (sentence) => saidBy(shop).push(sentence),
        pauseMs: 100,
        stepDelayMs: 0,
        now: Date.now,
        sleep: async (ms, signal) => {
          await sleep(ms, undefined, { signal });
        },
        signal: over.signal,
        ...engine,
      },
      { plan: { ...PLAN, ...plan }, make: isHybrid ? undefined : make, key: version, confirm: () => Promise.resolve() },
    );
  };
  const first: Deploying['first'] = async (shops) => {
    await Promise.all(shops.map((shop) => run(shop, { version: '1' })));
    for (const { name, instances } of shops) {
      await until(`${name} serves everywhere`, async () => {
        const all = await Promise.all(balancers.map(({ inRotation }) => inRotation()));
        return all.every((one) => serversOf(one, name).length > 0 && serversOf(one, name).every((servers) => servers.length === instances));
      });
    }
    rotation.begin(shops.map(({ name }) => name));
  };
  return {
    side,
    run,
    said: saidBy,
    first,
    fewest: ({ name }) => rotation.fewest(name),
    wrong,
    traffic: ({ host }, through = balancers) => {
      const flows = through.map(({ address }) => makeTraffic({ port: ports.http, address, host, ends, pauseMs: 100 }));
      return together(flows);
    },
    apps: async ({ name }) => Object.fromEntries((await side.read(name)).apps.map(({ id, instances }) => [id, instances])),
  };
}

/** The servers of each backend of a group. */
function serversOf(rotation: Readonly<Record<string, readonly string[]>>, name: string): readonly (readonly string[])[] {
  return Object.entries(rotation).flatMap(([backend, servers]) => (new RegExp(`^${name}_\\d+$`).test(backend) ? [servers] : []));
}

interface Rotation {
  readonly begin: (names: readonly string[]) => void;
  readonly fewest: (name: string) => number;
}

/** Looks all the time how many servers of each group are in rotation. A load balancer that does not answer is not counted. */
function watchRotation(balancers: readonly Balancer[], over: AbortSignal): Rotation {
  const fewest = new Map<string, number>();
  const watch = async ({ inRotation }: Balancer): Promise<void> => {
    while (!over.aborted) {
      const seen = await inRotation().catch(() => undefined);
      for (const [name, before] of seen === undefined ? [] : fewest) {
        const now = serversOf(seen ?? {}, name).map((servers) => servers.length);
        fewest.set(name, Math.min(before, ...(now.length === 0 ? [0] : now)));
      }
      await sleep(30);
    }
  };
  return {
    begin: (names) => {
      const isFirst = fewest.size === 0;
      for (const name of names) fewest.set(name, Infinity);
      if (isFirst) for (const balancer of balancers) void watch(balancer);
    },
    fewest: (name) => fewest.get(name) ?? 0,
  };
}

interface Watched {
  readonly before: Run['before'] | undefined;
  readonly side: MarathonSide;
  readonly name: string;
  readonly balancers: readonly Balancer[];
  readonly wrong: string[];
}

/** Looks whether a task is still in rotation when it is to be killed. */
function watched({ side, name, balancers, wrong, before }: Watched): MarathonSide {
  const check = async (isIt: (task: string, app: string) => boolean): Promise<void> => {
    const { apps } = await side.read(name);
    const all = await Promise.all(
      balancers.map(async ({ inRotation, address }) => ({ address, seen: await inRotation().catch(() => ({})) })),
    );
    for (const { id, json } of apps)
      for (const task of json['tasks'] as readonly TaskJson[])
        for (const { address, seen } of all)
          if (
            isIt(task.id, id) &&
            serversOf(seen, name)
              .flat()
              .some((server) => placesOf(task).some((place) => server.startsWith(place)))
          )
            wrong.push(`${task.id} at ${address}`);
  };
  const isLock = (id: string): boolean => id.includes('-zdd');
  return {
    ...side,
    create: async (app) => {
      if (!isLock(String(app['id']))) await before?.('create');
      return side.create(app);
    },
    change: async (id, change, force) => {
      if (!isLock(id)) await before?.('scale');
      return side.change(id, change, force);
    },
    kill: async (tasks) => {
      await before?.('kill');
      await check((task) => tasks.includes(task));
      return side.kill(tasks);
    },
    remove: async (id, force) => {
      if (isLock(id)) return side.remove(id, force);
      await before?.('remove');
      await check((_, app) => app === id);
      return side.remove(id, force);
    },
  };
}

interface TaskJson {
  readonly id: string;
  readonly host: string;
  readonly ports?: readonly number[];
  readonly ipAddresses?: readonly { readonly ipAddress: string }[];
}

function placesOf({ host, ports = [], ipAddresses = [] }: TaskJson): readonly string[] {
  return ipAddresses.length > 0 ? ipAddresses.map(({ ipAddress }) => `${ipAddress}:`) : ports.map((port) => `${host}:${port}`);
}
