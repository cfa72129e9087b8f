import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { listen } from './listen.ts';
import type { JsonObject } from './marathon-app.ts';
import { startMarathon, type Marathon } from './marathon.ts';
import { BASKET_HOST, type DeployEnd, type DeployWish } from './basket.ts';
import { LAUNCHED, makeLaunch } from './launch.ts';
import { makeOwnApps, type OwnApps } from './own-apps.ts';
import { makeOwnPods } from './own-pods.ts';
import { POD_HOST, POD_INSTANCES } from './pod-story.ts';
import { SHOP_HOST, SHOP_TASKS } from './shop.ts';
import { FIRST, makeStory, type Story } from './story.ts';
import { sendRequests } from './traffic.ts';

/** Where the demo listens, how often something happens, and what it runs. */
export interface DemoSettings {
  readonly address: string;
  readonly ports: {
    readonly http: number;
    readonly https: number;
    readonly appId: number;
    readonly stats: number;
    readonly dns: number;
    readonly marathon: number;
    readonly service: number;
    readonly container: number;
  };
  /** The time between two events of the story, in milliseconds. */
  readonly everyMs: number;
  /** App definitions that are run instead of the story's; the story's when there are none. */
  readonly apps: readonly JsonObject[];
  /** Pod definitions that are run beside them. */
  readonly pods: readonly JsonObject[];
  /** Whether the story has a pod as well. */
  readonly pod: boolean;
  /** The word by which a person calls the program here: 'marathon-lb-ts'. */
  readonly command: string;
  /** The daemon's run folder. */
  readonly runDir: string;
  readonly say: (sentence: string) => void;
  readonly signal: AbortSignal;
  /** Runs the real daemon against this Marathon until the signal aborts, then ends its HAProxy. `ready` is called when HAProxy has the first apps. */
  readonly daemon: (demo: { readonly marathon: string; readonly ready: () => void; readonly signal: AbortSignal }) => Promise<void>;
  /** Carries out a deployment of the story, as `marathon-lb-ts deploy` does. */
  readonly deploy: (wish: DeployWish & DemoPlaces) => Promise<DeployEnd>;
}

/** Where a deployment finds Marathon and the load balancer, and how long it may go on. */
export interface DemoPlaces {
  readonly marathon: string;
  readonly balancer: string;
  readonly signal: AbortSignal;
}

const HOST = 'mytask.acme.org';

/**
 * Runs the tutorial live, or the apps that are given: an embedded Marathon, real backends, the daemon and HAProxy, with an event of the story every
 * so often. Ends when the signal aborts.
 */
export async function runDemo(settings: DemoSettings): Promise<void> {
  const { address, ports, everyMs, command, runDir, say, signal, daemon } = settings;
  await requireFree(settings);
  const marathon = await startMarathon({ port: ports.marathon, launch: makeLaunch() });
  const ending = new AbortController();
  const over = AbortSignal.any([signal, ending.signal]);
  const { story, hosts, begins, tries, dnsName, more } = tellOf({ ...settings, signal: over }, marathon);
  let told = Promise.resolve();
  try {
    await story.begin();
    say(`an embedded Marathon at ${marathon.url} holds ${begins}`);
    const ready = (): void => {
      say(`HAProxy serves ${tries}   (statistics: http://${address}:${ports.stats}/haproxy?stats)`);
      say(`what goes on is shown in a browser at http://${address}:${ports.stats}/_mlb/`);
      say(`the name server knows the addresses of the tasks. Try:  dig +short @${address} -p ${ports.dns} ${dnsName}`);
      if (hosts[0] !== undefined) say(`why a host is served, or is not:  ${command} explain ${hosts[0]} --run-dir ${runDir}`);
      if (more !== undefined) say(more);
      void sendRequests({ address, port: ports.http, hosts, signal: over });
      told = tell(() => story.goOn(), everyMs, over).catch((error: unknown) => {
        if (!over.aborted) say(`the story ends: ${String(error)}`);
      });
    };
    await daemon({ marathon: marathon.url, ready, signal });
  } finally {
    ending.abort();
    await told;
    await story.end();
    await marathon.close();
  }
}

/** A story, the hosts that are asked for meanwhile, and what is said at its begin. */
interface Telling {
  readonly story: Story;
  readonly hosts: readonly string[];
  readonly begins: string;
  readonly tries: string;
  /** A name that the name server knows. */
  readonly dnsName: string;
  /** What else can be tried. */
  readonly more?: string;
}

function tellOf(settings: DemoSettings, marathon: Marathon): Telling {
  const { address, ports, command, say, apps, pods, pod, everyMs, signal } = settings;
  const at = `${address}:${ports.http}`;
  const own = [...apps, ...pods];
  if (own.length > 0) {
    const story = both(makeOwnApps({ marathon, definitions: apps, at, say }), makeOwnPods({ marathon, definitions: pods, at, say }));
    const begins = own.map(({ id }) => String(id)).join(', ');
    return { story, hosts: story.hosts, begins, tries: 'them.', dnsName: `${namesOf(own)}.marathon.mesos` };
  }
  const places = { marathon: marathon.url, balancer: `http://${address}:${ports.stats}`, signal };
  const story = makeStory({
    marathon,
    containerPort: ports.container,
    servicePort: ports.service,
    host: HOST,
    say,
    pod,
    at: { address, port: ports.http },
    deploy: (wish) => settings.deploy({ ...wish, ...places }),
    everyMs,
    signal,
  });
  const apart = pod ? `; the pod /cart: 2 instances, HAPROXY_VHOST=${POD_HOST} at its endpoint` : '';
  return {
    story,
    hosts: [HOST, SHOP_HOST, BASKET_HOST, ...(pod ? [POD_HOST] : [])],
    begins: `/nginx: 3 tasks, HAPROXY_0_VHOST=${HOST}; /shop: 2 tasks, HAPROXY_0_VHOST=${SHOP_HOST}; /basket: 4 tasks in a deployment group, HAPROXY_0_VHOST=${BASKET_HOST}${apart}`,
    tries: `/nginx. Try:  curl -H "Host: ${HOST}" http://${at}/`,
    dnsName: 'nginx.marathon.mesos',
    more: `/basket is deployed in two colours later on. To watch it:  ${command} deploy status /basket --watch -m ${places.marathon} -l ${places.balancer}`,
  };
}

/** Two stories, a step of each in turn. */
function both(a: OwnApps, b: OwnApps): OwnApps {
  return {
    hosts: [...a.hosts, ...b.hosts],
    begin: () => a.begin().then(() => b.begin()),
    goOn: () => a.goOn().then(() => b.goOn()),
    end: () => Promise.all([a.end(), b.end()]).then(() => undefined),
  };
}

/** The first app's id as Mesos-DNS writes it: '/shop/cart' is 'cart-shop'. */
function namesOf([first]: readonly JsonObject[]): string {
  return String(first?.['id']).split('/').filter(Boolean).reverse().join('-');
}

async function tell(goOn: () => Promise<void>, everyMs: number, signal: AbortSignal): Promise<void> {
  const waited = () => setTimeout(everyMs, true, { signal }).catch(() => false);
  while (await waited()) await goOn();
}

/** The flag that changes each port. */
const FLAGS: Readonly<Record<Exclude<keyof DemoSettings['ports'], 'container'>, string>> = {
  http: '--http-port',
  https: '--https-port',
  appId: '--app-id-port',
  stats: '--stats-port',
  dns: '--dns-port',
  service: '--service-port',
  marathon: '--marathon-port',
};

/** Checks that all ports are free before anything starts, because this error names the flag that changes the port. */
async function requireFree({ address, ports, apps, pods, pod }: DemoSettings): Promise<void> {
  for (const [name, flag] of Object.entries(FLAGS)) await requirePort(address, ports[name as keyof typeof FLAGS], flag);
  if (apps.length + pods.length > 0) return;
  for (const container of [...FIRST, ...SHOP_TASKS, ...LAUNCHED, ...(pod ? POD_INSTANCES : [])])
    await requirePort(container, ports.container, '--container-port');
}

async function requirePort(address: string, port: number, flag: string): Promise<void> {
  const server = createServer();
  await listen({ server, address, port, who: `the demo (choose a different port with ${flag})` });
  await new Promise((closed) => server.close(closed));
}
