import path from 'node:path';
import { makeDerive, type DeriveSettings } from '../core/derive.ts';
import { TEMPLATES_IN_LABELS } from '../haproxy/catalogue.ts';
import type { Templates } from '../haproxy/templates.ts';
import { usableCores } from '../lib/cores.ts';
import type { Environment } from '../lib/environment.ts';
import { loadTemplates } from './load-templates.ts';
import { ALWAYS_PASSED } from '../model/haproxy.ts';
import type { AppId } from '../model/names.ts';
import type { Settings } from '../options/options.ts';

/** The operator's settings that `derive` depends on. */
export interface MiddleSettings {
  readonly settings: Settings;
  readonly env: Environment;
}

/** How many spare backends there are of each class where the flag does not say. Without map files they need a rule that marathon-lb has not. */
const SPARES = 16;

/** Makes `derive` from the operator's flags, environment and template files. Rejects when a template file can't be read. */
export async function loadMiddle(given: MiddleSettings): Promise<ReturnType<typeof makeDerive>> {
  const { settings, env } = given;
  return makeMiddle(
    given,
    await loadTemplates(settings.templatesDir, env, {
      statsPort: settings.statsPort,
      safeLabels: settings.templateLabels === 'safe',
      variables: [...ALWAYS_PASSED, ...settings.haproxyEnv],
    }),
  );
}

/** Makes `derive` with templates that are already loaded. */
export function makeMiddle({ settings, env }: MiddleSettings, templates: Templates): ReturnType<typeof makeDerive> {
  return makeDerive({ ...translate(settings, env), templates });
}

function translate(settings: Settings, env: Environment): Pick<DeriveSettings, 'services' | 'document'> {
  return { services: servicesOf(settings, env), document: documentOf(settings) };
}

function servicesOf(settings: Settings, env: Environment): DeriveSettings['services'] {
  const ownApp = env['FRAMEWORK_NAME'] ?? env['MARATHON_APP_ID'];
  return {
    groups: settings.group,
    strictMode: settings.strictMode,
    healthCheck: settings.healthCheck,
    ownApp: ownApp === undefined || ownApp === '' ? undefined : (`/${ownApp.replace(/^\//, '')}` as AppId),
    portRange: { first: settings.minServPort, last: settings.maxServPort },
    bindAddress: settings.bindAddress,
    templates: TEMPLATES_IN_LABELS,
    deploymentGroups: settings.deploymentGroups,
    ...(settings.domains !== undefined && { domains: settings.domains }),
    ...(settings.errorPages !== undefined && { errorPages: path.resolve(settings.errorPages) }),
    templatesDenied: settings.templateLabels === 'deny',
  };
}

function documentOf(settings: Settings): DeriveSettings['document'] {
  return {
    sharedFrontends: !settings.dontBindHttpHttps,
    groupHttpsByVhost: settings.groupHttpsByVhost,
    httpsRouting: settings.httpsRouting,
    http3: settings.http3,
    acceptProxy: settings.acceptProxy,
    maps: settings.haproxyMap,
    configFolder: path.dirname(path.resolve(settings.haproxyConfig)),
    bindAddress: settings.bindAddress,
    ports: { http: settings.httpPort, https: settings.httpsPort, appId: settings.appIdPort, stats: settings.statsPort },
    threads: settings.nbthread ?? usableCores(),
    areThreadsFree: settings.nbthread === undefined,
    maxConnections: settings.maxconn,
    oldWorkerMaxAgeSeconds: settings.oldWorkerMaxAge,
    maxOldWorkers: settings.maxOldWorkers,
    degradedOk: settings.degradedOk,
    statesFile: settings.command === undefined ? path.resolve(settings.runDir, 'server-state') : undefined,
    adminSocket: path.resolve(settings.runDir, 'admin.sock'),
    adminNetworks: settings.adminNetworks,
    trafficLog: logTarget(settings.haproxyLog),
    spareBackends: settings.once ? 0 : (settings.spareBackends ?? (settings.haproxyMap ? SPARES : 0)), // nobody would give their apps backends of their own later
    defaultOptions: settings.defaultOptions,
  };
}

/** The text after HAProxy's keyword `log`; undefined when nothing is to be logged. */
function logTarget(target: string): string | undefined {
  if (target === 'off') return undefined;
  if (target === 'syslog') return '/dev/log';
  return target === 'stdout' ? 'stdout format raw' : target;
}
