import { isObject } from './marathon-store.ts';
import { startBackend, type RunningBackend } from './backends.ts';
import type { Launch } from './marathon.ts';
import { portsOf } from './own-ports.ts';

/** The addresses of the first tasks that are launched: 127.53.0.10 and on. */
export const LAUNCHED = ['127.53.0.10', '127.53.0.11', '127.53.0.12', '127.53.0.13'] as const;
/** How long a new task takes until its health check passes, in milliseconds. */
const START_MS = 500;

/**
 * Starts a real server for each task of an app that somebody has posted to the demo's Marathon, at an address of its own. The variable FAULT of the
 * app's environment makes it a bad version: `never healthy`, or `answers 500` to everything but its health check.
 */
export function makeLaunch(): Launch {
  let started = 0;
  return async ({ appId, app }) => {
    const address = `127.53.0.${10 + (started++ % 240)}`;
    const env = isObject(app['env']) ? app['env'] : {};
    const [check] = Array.isArray(app['healthChecks']) ? (app['healthChecks'] as readonly unknown[]) : [];
    const healthPath = isObject(check) && typeof check['path'] === 'string' ? check['path'] : undefined;
    const status = (path: string): number => (env['FAULT'] === 'answers 500' && path !== healthPath ? 500 : 200);
    const version = typeof env['VERSION'] === 'string' ? ` version ${env['VERSION']}` : '';
    const backends: RunningBackend[] = [];
    for (const { container, tcp } of portsOf(app))
      if (tcp && container > 0)
        backends.push(await startBackend({ address, port: container, name: `${appId.slice(1)}${version} ${started}`, status }));
    return {
      form: { host: '172.24.197.101', addresses: [address] },
      healthyAfterMs: env['FAULT'] === 'never healthy' ? 'never' : START_MS,
      stop: async () => {
        await Promise.all(backends.map((backend) => backend.close()));
      },
    };
  };
}
