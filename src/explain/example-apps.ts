import type { Definitions } from './definitions.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** App definitions that use every template of apps: for trying out an operator's templates. */
export const EXAMPLE_APPS: Definitions['apps'] = [
  app('/example/plain', { HAPROXY_0_VHOST: 'plain.example.com' }),
  app('/example/hosts', { HAPROXY_0_VHOST: 'a.example.com,b.example.com', HAPROXY_0_STICKY: 'true', HAPROXY_0_USE_HSTS: 'true' }),
  app('/example/path', {
    HAPROXY_0_VHOST: 'path.example.com',
    HAPROXY_0_PATH: '/api',
    HAPROXY_0_BACKEND_NETWORK_ALLOWED_ACL: '10.0.0.0/8',
  }),
  app('/example/paths', { HAPROXY_0_VHOST: 'c.example.com,d.example.com', HAPROXY_0_PATH: '/api' }),
  app('/example/auth', { HAPROXY_0_VHOST: 'auth.example.com', HAPROXY_0_AUTH: auth() }),
  app('/example/auth-path', { HAPROXY_0_VHOST: 'authpath.example.com', HAPROXY_0_PATH: '/api', HAPROXY_0_AUTH: auth() }),
  app('/example/auth-hosts', { HAPROXY_0_VHOST: 'e.example.com,f.example.com', HAPROXY_0_AUTH: auth() }),
  app('/example/auth-paths', { HAPROXY_0_VHOST: 'g.example.com,h.example.com', HAPROXY_0_PATH: '/api', HAPROXY_0_AUTH: auth() }),
  app('/example/redirect', { HAPROXY_0_VHOST: 'redirect.example.com', HAPROXY_0_REDIRECT_TO_HTTPS: 'true' }),
  app('/example/redirect-path', { HAPROXY_0_VHOST: 'rp.example.com', HAPROXY_0_PATH: '/api', HAPROXY_0_REDIRECT_TO_HTTPS: 'true' }),
  app('/example/rewritten', {
    HAPROXY_0_VHOST: 'rewritten.example.com',
    HAPROXY_0_HTTP_BACKEND_PROXYPASS_PATH: '/old',
    HAPROXY_0_HTTP_BACKEND_REVPROXY_PATH: '/old',
  }),
  app('/example/moved', { HAPROXY_0_VHOST: 'moved.example.com', HAPROXY_0_HTTP_BACKEND_REDIR: '/new' }),
  app('/example/tcp', { HAPROXY_0_BACKEND_NETWORK_ALLOWED_ACL: '10.0.0.0/8' }, 'TCP'),
];

/** The hash of a password that nobody has. */
function auth(): string {
  return 'Staff:alice:$6$examplesalt$examplehash';
}

function app(id: string, labels: JsonObject, check = 'HTTP'): JsonObject {
  return {
    id,
    instances: 1,
    labels: { HAPROXY_GROUP: 'external', ...labels },
    networks: [{ mode: 'container', name: 'calico' }],
    container: { portMappings: [{ containerPort: 80, servicePort: 0, protocol: 'tcp' }] },
    healthChecks: [{ protocol: check, path: '/health', portIndex: 0 }],
  };
}
