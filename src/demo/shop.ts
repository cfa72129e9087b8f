import { startBackend, type RunningBackend } from './backends.ts';
import type { AppForm, Marathon } from './marathon.ts';

/** Where the shop runs, and who is told what happens to it. */
export interface ShopSettings {
  readonly marathon: Marathon;
  /** The port inside the containers. */
  readonly containerPort: number;
  readonly servicePort: number;
  readonly say: (sentence: string) => void;
}

/** A second app of the story, to which what an operator sees at night happens: a server that stops answering, and a mistake in a label. */
export interface Shop {
  /** Puts the app and its tasks into Marathon. */
  readonly begin: () => Promise<void>;
  /** One after the other: a server goes down, and is back; a label has a mistake, and is mended. */
  readonly steps: readonly (() => Promise<void>)[];
  readonly end: () => Promise<void>;
}

const APP = '/shop';
/** Its virtual host. */
export const SHOP_HOST = 'shop.acme.org';
/** The addresses of its tasks. */
export const SHOP_TASKS = ['127.51.0.10', '127.51.0.11'] as const;
/** Its own port is bound here, where nobody else binds. */
const BIND = '127.51.0.1';

/** The shop; nothing happens before `begin`. */
export function makeShop(settings: ShopSettings): Shop {
  const { marathon } = settings;
  const backends: RunningBackend[] = [];
  const open = async (i: number): Promise<void> => {
    const address = SHOP_TASKS[i] ?? '';
    backends[i] = await startBackend({ address, port: settings.containerPort, name: `shop task ${i + 1}`, delayMs: 20 });
  };
  return {
    begin: async () => {
      marathon.deploy(formOf(settings, {}));
      for (const [i, address] of SHOP_TASKS.entries()) {
        await open(i);
        marathon.addTask(APP, { host: '172.24.197.101', addresses: [address], health: true });
      }
    },
    steps: stepsOf(settings, { close: async () => backends[0]?.close(), open: () => open(0) }),
    end: async () => {
      await Promise.all(backends.map((backend) => backend.close()));
    },
  };
}

/** The server of the shop's first task. */
interface First {
  readonly close: () => Promise<void>;
  readonly open: () => Promise<void>;
}

function stepsOf(settings: ShopSettings, { close, open }: First): Shop['steps'] {
  const { marathon, say } = settings;
  const deploy = (balance: string): void => {
    marathon.deploy(formOf(settings, { HAPROXY_0_BALANCE: balance }));
  };
  return [
    async () => {
      await close();
      say(`${APP}: the task at ${SHOP_TASKS[0]} stops answering, and Marathon has not noticed yet: HAProxy's check takes it out`);
    },
    async () => {
      await open();
      say(`${APP}: the task at ${SHOP_TASKS[0]} answers again`);
    },
    () => {
      deploy('fastest');
      say(`${APP} is deployed with a mistake, HAPROXY_0_BALANCE=fastest: it is told, and everything is served on`);
      return Promise.resolve();
    },
    () => {
      deploy('leastconn');
      say(`${APP} is deployed with HAPROXY_0_BALANCE=leastconn: the problem is gone`);
      return Promise.resolve();
    },
  ];
}

function formOf({ containerPort, servicePort }: ShopSettings, labels: Readonly<Record<string, string>>): AppForm {
  const check = { protocol: 'MESOS_HTTP', path: '/', portIndex: 0, gracePeriodSeconds: 2, intervalSeconds: 2, timeoutSeconds: 2 } as const;
  return {
    id: APP,
    instances: SHOP_TASKS.length,
    network: 'container',
    labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: SHOP_HOST, HAPROXY_0_BIND_ADDR: BIND, ...labels },
    ports: [{ containerPort, servicePort }],
    healthChecks: [{ ...check, maxConsecutiveFailures: 1 }],
  };
}
