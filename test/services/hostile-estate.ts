import { APP_LABELS, PORT_LABELS } from '../../src/services/labels.ts';
import { nginx, task, type Json } from '../story/cluster.ts';

/** An app whose label has a hostile value. */
export interface Target {
  /** The app's id. */
  readonly app: string;
  /** As it stands in the definition: HAPROXY_0_BALANCE. */
  readonly label: string;
  /** Its name in the table of labels: BALANCE. */
  readonly name: string;
  /** What the label takes. */
  readonly valid: string;
  /** Further labels, so that this one has an effect. */
  readonly others: Readonly<Record<string, string>>;
}

/** Not the labels' own examples where those mean a file, bring words of their own, or are what counts without the label. */
const VALID: Readonly<Record<string, string>> = {
  SSL_CERT: '/etc/ssl/cert.pem',
  BACKEND_HEALTHCHECK_PORT_INDEX: '0',
  PATH: '/api',
  BACKUP: '/healthy',
  BACKEND_CA: '/etc/ssl/ca.pem',
  ENABLED: 'false',
  MODE: 'tcp',
};

/** The label that another one has its effect beside. */
const BESIDE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  PATH_TYPE: { HAPROXY_0_PATH: '/api' },
  SPLIT_WEIGHT: { HAPROXY_0_SPLIT: 'shop' },
  BACKEND_PROTO: { HAPROXY_0_BACKEND_TLS: 'false' },
  BACKEND_CA: { HAPROXY_0_BACKEND_TLS: 'true' },
  BACKEND_SNI: { HAPROXY_0_BACKEND_TLS: 'true' },
  ...Object.fromEntries(
    ['METHODS', 'HEADERS', 'MAX_AGE', 'CREDENTIALS'].map((name) => [`CORS_${name}`, { HAPROXY_0_CORS_ORIGINS: 'https://a.test' }]),
  ),
  CANONICAL_HOST: { HAPROXY_0_VHOST: 'www.acme.org,acme.org' },
};

/** A label whose rules differ by mode is tried in both. */
const IN_TCP: readonly string[] = ['BACKEND_NETWORK_ALLOWED_ACL', 'BALANCE', 'STICKY', 'BIND_OPTIONS'];

export const PORT_TARGETS: readonly Target[] = Object.values(PORT_LABELS).flatMap(({ name, example }) => {
  const slug = name.toLowerCase().replaceAll('_', '-');
  const target: Target = {
    app: `/evil-${slug}`,
    label: `HAPROXY_0_${name}`,
    name,
    valid: VALID[name] ?? example,
    others: { HAPROXY_GROUP: 'external', ...(name !== 'VHOST' && { HAPROXY_0_VHOST: `${slug}.acme.org` }), ...BESIDE[name] },
  };
  return [target, ...(IN_TCP.includes(name) ? [{ ...target, app: `/evil-tcp-${slug}`, others: { HAPROXY_GROUP: 'external' } }] : [])];
});

const GROUP_TARGET: Target = {
  app: '/evil-group-of-app',
  label: 'HAPROXY_GROUP',
  name: 'GROUP',
  valid: 'external',
  others: { HAPROXY_0_VHOST: 'group-of-app.acme.org' },
};

export const TARGETS: readonly Target[] = [...PORT_TARGETS, GROUP_TARGET];

/** Labels of deployment groups: two apps each, of which the second has the value, and both for the name of the group. */
export const GROUPED_TARGETS: readonly Target[] = Object.values(APP_LABELS)
  .filter(({ name }) => name.startsWith('DEPLOYMENT_'))
  .map(({ name, example }) => {
    const slug = name.toLowerCase().replaceAll('_', '-');
    return {
      app: `/evil-${slug}-green`,
      label: `HAPROXY_${name}`,
      name,
      valid: example,
      others: {
        HAPROXY_GROUP: 'external',
        HAPROXY_0_VHOST: `${slug}.acme.org`,
        ...(name !== 'DEPLOYMENT_GROUP' && { HAPROXY_DEPLOYMENT_GROUP: slug }),
      },
    };
  });

const VERSION = '2017-07-19T17:34:41.967Z';

function appOf(
  id: string,
  { labels, place }: { readonly labels: Readonly<Record<string, string>>; readonly place: number },
): Json & { readonly id: string } {
  const port = 11_000 + place;
  return {
    ...nginx([task(1, { id: `${id.slice(1)}.1`, health: 'alive' }), task(2, { id: `${id.slice(1)}.2`, health: 'alive' })], {
      labels,
      versionInfo: { lastConfigChangeAt: '2020-01-01T00:00:00.000Z' },
      container: { portMappings: [{ containerPort: 80, servicePort: port }] },
      healthChecks: [{ protocol: 'HTTP', path: '/up', portIndex: 0 }],
    }),
    id,
  };
}

/** The app that nobody may hurt: older than the others, with rules of all kinds. */
const HEALTHY: Json & { readonly id: string } = {
  ...nginx([task(1, { id: 'healthy.1', health: 'alive' })], {
    labels: {
      HAPROXY_GROUP: 'external',
      HAPROXY_0_VHOST: 'healthy.acme.org',
      HAPROXY_0_PORT: '10500',
      HAPROXY_0_STICKY: 'true',
      HAPROXY_1_VHOST: 'staff.healthy.acme.org',
      HAPROXY_1_PATH: '/staff',
      HAPROXY_1_AUTH: 'Staff:alice:$6$salt$hash',
    },
    versionInfo: { lastConfigChangeAt: VERSION },
    container: {
      portMappings: [
        { containerPort: 80, servicePort: 10000 },
        { containerPort: 81, servicePort: 10501 },
      ],
    },
    healthChecks: [{ protocol: 'HTTP', path: '/up', portIndex: 0 }],
  }),
  id: '/healthy',
};

/** An app per target, with the value that `valueOf` has for its label; without the label where it has none. */
export function estateOf(targets: readonly Target[], valueOf: (target: Target) => string | undefined): readonly Json[] {
  const apps = targets.flatMap((target, i) => {
    const { app, label, name, others } = target;
    const value = valueOf(target);
    const labels = { ...others, ...(value !== undefined && { [label]: value }) };
    const green = appOf(app, { labels, place: 2 * i });
    if (!app.endsWith('-green')) return [green];
    const blue = { ...others, ...(value !== undefined && name === 'DEPLOYMENT_GROUP' && { [label]: value }) };
    return [green, appOf(app.replace(/green$/, 'blue'), { labels: blue, place: 2 * i + 1 })];
  });
  return [HEALTHY, ...apps];
}
