import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { startBackend } from '../../src/demo/backends.ts';
import type { Launch } from '../../src/demo/marathon.ts';
import { makeAgreement, statesByMaster, type InRotation } from './agreement.ts';
import type { Running } from './command.ts';
import type { Ends } from './fixtures/stage.ts';
import { openCluster, type Cluster } from './open-cluster.ts';
import { freePorts } from './ports.ts';
import { makeSights, type Sights } from './sights.ts';

/** A load balancer of its own: a daemon and its HAProxy. */
export interface Balancer extends Pick<Sights, 'endHaproxy'> {
  /** Where HAProxy listens, on the same ports as the others. */
  readonly address: string;
  /** Its figures, as --marathon-lb names them. */
  readonly url: URL;
  /** What its HAProxy has in rotation. */
  readonly inRotation: () => Promise<InRotation>;
  /** Starts its daemon. */
  readonly daemon: () => Running;
}

/** A cluster with load balancers at 127.0.0.1 and 127.0.0.2, whose Marathon starts real servers for what is posted. */
export interface Fleet {
  readonly cluster: Cluster;
  readonly balancers: readonly [Balancer, Balancer];
}

/** Opens it; the daemons are not started yet. */
export async function openFleet(ends: Ends): Promise<Fleet> {
  const cluster = await openCluster({ ends, settings: { launch: launcher() } });
  const at = async (address: string): Promise<Balancer> => {
    await mkdir(path.join(cluster.folder, address));
    return balancerAt(cluster, address);
  };
  return { cluster, balancers: [await at('127.0.0.1'), await at('127.0.0.2')] };
}

function balancerAt(cluster: Cluster, address: string): Balancer {
  const { ports, marathon } = cluster;
  const folder = path.join(cluster.folder, address);
  const [runDir, config] = [path.join(folder, 'run'), path.join(folder, 'haproxy.cfg')];
  const { endHaproxy } = makeSights({ ...cluster, runDir, config });
  const { inRotation } = makeAgreement({ marathon, config, text: () => readFile(config, 'utf8'), states: statesByMaster(runDir) });
  const words = ['--bind-address', address, '--run-dir', runDir, '--haproxy-config', config, '--state-dir', path.join(folder, 'state')];
  return {
    address,
    url: new URL(`http://${address}:${ports.stats}`),
    inRotation,
    daemon: () => cluster.daemon(words),
    endHaproxy,
  };
}

/** The ports of a definition: those of containers with addresses of their own, or so many of the agent. */
interface Wanted {
  readonly container?: { readonly portMappings?: readonly { readonly containerPort: number }[] };
  readonly portDefinitions?: readonly unknown[];
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Starts a server at each port of a task: at an address of its own where its app has port mappings, otherwise at free ports of one agent. A version
 * `bad` never passes its health checks.
 */
function launcher(): Launch {
  let started = 0;
  return async ({ appId, app }) => {
    const { container, portDefinitions = [], env = {} } = app as Wanted;
    const n = ++started;
    const own = container?.portMappings?.map(({ containerPort }) => containerPort);
    const address = own === undefined ? AGENT : `127.60.${Math.floor(n / 200)}.${1 + (n % 200)}`;
    const ports = own ?? (await freePorts(portDefinitions.length));
    const backends = await Promise.all(ports.map((port) => startBackend({ address, port, name: `${appId} ${n}` })));
    return {
      form: own === undefined ? { host: AGENT, addresses: [], ports } : { host: AGENT, addresses: [address] },
      stop: async () => {
        await Promise.all(backends.map((one) => one.close()));
      },
      ...(env['VERSION'] === 'bad' && { healthyAfterMs: 'never' as const }),
    };
  };
}

const AGENT = '127.61.0.1';
