import type { Environment } from '../lib/environment.ts';
import { ALWAYS_PASSED } from '../model/haproxy.ts';

/**
 * The environment that HAProxy, `haproxy -c` and --command are given: PATH, TZ and LANG of this process, and the variables that
 * `--haproxy-env` names. A template can send any variable of HAProxy's out (`%[env(NAME)]`), and ours holds passwords, tokens and keys.
 */
export function environmentOf(env: Environment, names: readonly string[] = []): Environment {
  const passed = [...ALWAYS_PASSED, ...names].flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return Object.fromEntries(passed);
}
