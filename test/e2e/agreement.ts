import path from 'node:path';
import { DAEMON_BACKEND } from '../../src/haproxy/daemon-backend.ts';
import { ask, orSilence, NoAnswer } from '../../src/socket/master.ts';
import { readServersState } from '../../src/socket/server-rows.ts';
import type { Place } from './cluster.ts';
import { until } from './until.ts';

/** Servers in rotation by their backend, each as `127.84.0.196:80`, in order; backends without one are left out. */
export type InRotation = Readonly<Record<string, readonly string[]>>;

/** Whether Marathon, HAProxy and its file say the same. */
export interface Agreement {
  /** What HAProxy has in rotation, by its master's socket. */
  readonly inRotation: () => Promise<InRotation>;
  /** Waits until HAProxy has exactly the running tasks of Marathon in rotation, but for those at these addresses; and until its file says the same. */
  readonly agreed: (except?: readonly string[]) => Promise<void>;
  /** Waits until HAProxy has exactly these addresses in rotation, all backends together. */
  readonly rotates: (addresses: readonly string[]) => Promise<void>;
}

interface Look extends Pick<Place, 'marathon' | 'config'> {
  /** What is in the file. */
  readonly text: () => Promise<string>;
  /** What HAProxy answers to `show servers state`. */
  readonly states: () => Promise<string>;
}

/** What HAProxy of this run folder has, asked at its master's socket. */
export function statesByMaster(runDir: string): () => Promise<string> {
  const socketPath = path.join(runDir, 'master.sock');
  const look = async (): Promise<string | undefined> => {
    const answer = await orSilence(ask({ socketPath, command: '@1 show servers state', deadlineMs: 5_000 }));
    if (answer instanceof NoAnswer) return undefined; // its master refuses connections while it reloads
    return answer === '' || answer.startsWith("Can't find the target") ? undefined : answer; // no worker yet, or none any more
  };
  return () => until("an answer of HAProxy's master", look);
}

export function makeAgreement({ marathon, text, states }: Look): Agreement {
  const inRotation = async (): Promise<InRotation> => byStates(await states());
  const same = async (who: string, wanted: InRotation, look: () => Promise<InRotation>): Promise<void> => {
    let seen: InRotation = {};
    const isSame = async (): Promise<boolean> => {
      seen = await look();
      return JSON.stringify(seen) === JSON.stringify(wanted);
    };
    await until(() => `${who} has ${JSON.stringify(wanted)}\nlast seen: ${JSON.stringify(seen)}`, isSame);
  };
  return {
    inRotation,
    agreed: async (except = []) => {
      const wanted = await byMarathon(marathon.url, except);
      await same('HAProxy', wanted, inRotation);
      await same('the file', wanted, async () => byText(await text()));
      await same('HAProxy', wanted, inRotation);
    },
    rotates: async (addresses) => {
      const wanted = { all: [...addresses].sort() };
      await same('HAProxy', wanted, async () => {
        const all = Object.values(await inRotation()).flat();
        return { all: all.map((server) => server.replace(/:\d+$/, '')).sort() };
      });
    },
  };
}

function byStates(answer: string): InRotation {
  const all = Array.from(readServersState(answer), ([backend, rows]): [string, string[]] => {
    const serving = [...rows.values()].filter(({ mode }) => mode === 'serving');
    return [backend, serving.map(({ address, port }) => `${address}:${port}`)];
  });
  return ordered(all);
}

function byText(text: string): InRotation {
  const sections = text.split(/^(?=\S)/m).flatMap((section): [string, string[]][] => {
    const backend = /^backend (\S+)/.exec(section)?.[1];
    if (backend === undefined) return [];
    const servers = Array.from(section.matchAll(/^\s+server \S+ (\S+)(.*)$/gm), ([, address = '', rest = '']) => ({ address, rest }));
    return [[backend, servers.flatMap(({ address, rest }) => (/\sdisabled\b/.test(rest) ? [] : address))]];
  });
  return ordered(sections);
}

interface AppJson {
  readonly id: string;
  readonly container: { readonly portMappings: readonly { readonly containerPort: number; readonly servicePort: number }[] };
  readonly labels: Readonly<Record<string, string>>;
  readonly tasks: readonly {
    readonly state: string;
    readonly version: string;
    readonly ipAddresses: readonly { readonly ipAddress: string }[];
  }[];
}

/** A running task serves at the port that its own version of the app has. */
async function byMarathon(url: string, except: readonly string[]): Promise<InRotation> {
  const { apps } = (await getJson(`${url}/v2/apps?embed=apps.tasks`)) as { readonly apps: readonly AppJson[] };
  const all = apps.map(async ({ id, labels, container, tasks }): Promise<[string, string[]]> => {
    const running = tasks.filter(({ state }) => state === 'TASK_RUNNING');
    const servers = running.map(async ({ version, ipAddresses: [first] }) => {
      const own = (await getJson(`${url}/v2/apps/${id}/versions/${version}`)) as AppJson;
      const address = first?.ipAddress ?? '';
      return except.includes(address) ? [] : [`${address}:${own.container.portMappings[0]?.containerPort ?? 0}`];
    });
    const name = (labels['HAPROXY_DEPLOYMENT_GROUP'] ?? id).replace(/^\//, '').replaceAll('/', '_');
    return [`${name}_${container.portMappings[0]?.servicePort ?? 0}`, (await Promise.all(servers)).flat()];
  });
  return ordered(await Promise.all(all));
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}

function ordered(all: readonly (readonly [backend: string, servers: readonly string[]])[]): InRotation {
  const byBackend = new Map<string, string[]>();
  for (const [backend, servers] of all) byBackend.set(backend, [...(byBackend.get(backend) ?? []), ...servers]);
  const rows = [...byBackend]
    .filter(([backend, servers]) => backend !== DAEMON_BACKEND && servers.length > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(rows.map(([backend, servers]) => [backend, servers.sort()]));
}
