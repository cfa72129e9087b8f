import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { listen } from './listen.ts';
import { startMarathon } from './marathon.ts';
import { SHOP_HOST, SHOP_TASKS } from './shop.ts';
import { FIRST, makeStory } from './story.ts';
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
  readonly say: (sentence: string) => void;
  readonly signal: AbortSignal;
  /** Runs the real daemon against this Marathon until the signal aborts, then ends its HAProxy. `ready` is called when HAProxy has the first apps. */
  readonly daemon: (demo: { readonly marathon: string; readonly ready: () => void; readonly signal: AbortSignal }) => Promise<void>;
}

const HOST = 'mytask.acme.org';

/**
 * Runs the tutorial live: an embedded Marathon, real backends, the daemon and HAProxy, with an event of the story every so often. Ends when the
 * signal aborts.
 */
export async function runDemo({ address, ports, everyMs, say, signal, daemon }: DemoSettings): Promise<void> {
  await requireFree(address, ports);
  const marathon = await startMarathon({ port: ports.marathon });
  const story = makeStory({ marathon, containerPort: ports.container, servicePort: ports.service, host: HOST, say });
  const ending = new AbortController();
  try {
    await story.begin();
    say(
      `an embedded Marathon at ${marathon.url} holds /nginx: 3 tasks, HAPROXY_0_VHOST=${HOST}; and /shop: 2 tasks, HAPROXY_0_VHOST=${SHOP_HOST}`,
    );
    const ready = (): void => {
      say(
        `HAProxy serves /nginx. Try:  curl -H "Host: ${HOST}" http://${address}:${ports.http}/   (statistics: http://${address}:${ports.stats}/haproxy?stats)`,
      );
      say(`what goes on is shown in a browser at http://${address}:${ports.stats}/_mlb/`);
      say(`the name server knows the addresses of its tasks. Try:  dig +short @${address} -p ${ports.dns} nginx.marathon.mesos`);
      void sendRequests({ address, port: ports.http, hosts: [HOST, SHOP_HOST], signal: AbortSignal.any([signal, ending.signal]) });
      void tell(() => story.goOn(), everyMs, AbortSignal.any([signal, ending.signal])).catch((error: unknown) => {
        say(`the story ends: ${String(error)}`);
      });
    };
    await daemon({ marathon: marathon.url, ready, signal });
  } finally {
    ending.abort();
    await story.end();
    await marathon.close();
  }
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
async function requireFree(address: string, ports: DemoSettings['ports']): Promise<void> {
  for (const [name, flag] of Object.entries(FLAGS)) await requirePort(address, ports[name as keyof typeof FLAGS], flag);
  for (const container of [...FIRST, ...SHOP_TASKS]) await requirePort(container, ports.container, '--container-port');
}

async function requirePort(address: string, port: number, flag: string): Promise<void> {
  const server = createServer();
  await listen({ server, address, port, who: `the demo (choose a different port with ${flag})` });
  await new Promise((closed) => server.close(closed));
}
