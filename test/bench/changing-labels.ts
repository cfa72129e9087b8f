import { appOf, type Estate } from '../e2e/chaos/estate.ts';
import { fleetHost } from '../e2e/fleet.ts';

type Labels = Readonly<Record<string, string>>;

/** The apps whose labels change in each way: nobody asks them. Requests for the apps before these are counted. */
const FREE = [2, 3, 4, 5, 6] as const;

/** Ways in which clients find an app, and what HAProxy does with its requests. */
const WAYS: readonly ((n: number, more: number) => Labels)[] = [
  () => ({}),
  () => ({ PATH: '/x' }),
  () => ({ PATH: '/x', PATH_TYPE: 'segment' }),
  () => ({ PATH: '/x/[a-z]+', PATH_TYPE: 'regex' }),
  (_, more) => ({ VHOST: 'split.acme.org', SPLIT: 'shop', SPLIT_WEIGHT: String(more % 100) }),
  (n) => ({ VHOST: 'split.acme.org', SPLIT: 'shop', SPLIT_WEIGHT: String(10 * n) }),
  (n) => ({ VHOST: `*.fleet-${n}.acme.org` }),
  (n) => ({ VHOST: `${fleetHost(n)},more-${n}.acme.org` }),
  () => ({ REDIRECT_TO_HTTPS: 'true' }),
  () => ({ TLS: 'passthrough' }),
  () => ({ BALANCE: 'leastconn' }),
  () => ({ STICKY: 'true' }),
  (_, more) => ({ MAXCONN: String(10 + more) }),
  (_, more) => ({ MAXCONN_TOTAL: String(10 + more), MAX_BODY: '1m' }),
  () => ({ ALLOW: '10.0.0.0/8 127.0.0.0/8', DENY: '10.1.0.0/16' }),
  (n) => ({ BACKUP: `/fleet-${n === 2 ? 3 : 2}` }),
  () => ({ MODE: 'tcp' }),
  () => ({ TIMEOUT_SERVER: '30s', RETRIES: '2' }),
  () => ({ CORS_ORIGINS: 'https://acme.org', COMPRESS: 'true' }),
];

/** Returns how labels change at random. A host and a default route belong to one app at a time, and move from app to app. */
export function makeLabelChange({ cluster, fleet }: Pick<Estate, 'cluster' | 'fleet'>, random: () => number): () => string {
  const all = new Map<number, Labels>();
  let holder: number | undefined;
  const pick = (most: number): number => Math.floor(random() * most);
  const deploy = (n: number): void => {
    const moved: Labels = n === holder ? { DEFAULT: 'true', PATH_TYPE: 'prefix' } : {};
    const labels = Object.entries({ ...moved, ...all.get(n) }).map(([name, value]) => [`HAPROXY_0_${name}`, value]);
    const app = appOf(fleet, n);
    cluster.marathon.deploy({ ...app, labels: { ...app.labels, ...(Object.fromEntries(labels) as Labels) } });
  };
  return () => {
    const kind = pick(8);
    if (kind === 0) {
      const n = pick(2); // one that is asked: its limit is above what is asked
      all.set(n, { RATE_LIMIT: `${50_000 + pick(9)}/1s` });
      deploy(n);
      return `RATE_LIMIT of app ${n}`;
    }
    if (kind === 1) {
      const before = holder;
      holder = FREE[pick(FREE.length)];
      for (const n of [before, holder]) if (n !== undefined) deploy(n);
      return `the default route to app ${holder ?? ''}`;
    }
    const n = FREE[pick(FREE.length)] ?? 2;
    all.set(n, WAYS[pick(WAYS.length)]?.(n, pick(90)) ?? {});
    deploy(n);
    return `app ${n}: ${JSON.stringify(all.get(n))}`;
  };
}
