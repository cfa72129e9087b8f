import type { Environment } from '../lib/environment.ts';
import { ALWAYS_PASSED } from '../model/haproxy.ts';

/**
 * Returns the environment for HAProxy, `haproxy -c` and --command: PATH, TZ and LANG of this process, and the variables that `--haproxy-env` names.
 * The other variables are not passed on, because they hold passwords, tokens and keys, and a template can send any variable out (`%[env(NAME)]`).
 */
export function environmentOf(env: Environment, names: readonly string[] = []): Environment {
  const passed = [...ALWAYS_PASSED, ...names].flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return Object.fromEntries(passed);
}
