import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeDerive, type DeriveSettings } from './derive.ts';
import { TEMPLATE_NAMES, TEMPLATES_IN_LABELS, type TemplateName } from './haproxy/catalogue.ts';
import { makeTemplates, type TemplateText, type Templates } from './haproxy/templates.ts';
import { usableCores } from './lib/cores.ts';
import type { AppId } from './model/names.ts';
import type { Settings } from './options.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface MiddleParts {
  readonly settings: Settings;
  readonly env: Environment;
}

/** `derive` as an operator's flags, environment and template files want it. */
export async function makeMiddle({ settings, env }: MiddleParts): Promise<ReturnType<typeof makeDerive>> {
  const templates = await loadTemplates(settings.templatesDir, env);
  return makeDerive({ ...translate(settings, env), templates });
}

function translate(settings: Settings, env: Environment): Pick<DeriveSettings, 'services' | 'document'> {
  const ownApp = env['FRAMEWORK_NAME'] ?? env['MARATHON_APP_ID'];
  return {
    services: {
      groups: settings.group,
      strictMode: settings.strictMode,
      healthCheck: settings.healthCheck,
      ownApp: ownApp === undefined || ownApp === '' ? undefined : (`/${ownApp.replace(/^\//, '')}` as AppId),
      portRange: { first: settings.minServPort, last: settings.maxServPort },
      bindAddress: settings.bindAddress,
      templates: TEMPLATES_IN_LABELS,
      templatesDenied: settings.templateLabels === 'deny',
    },
    document: {
      sharedFrontends: !settings.dontBindHttpHttps,
      groupHttpsByVhost: settings.groupHttpsByVhost,
      maps: settings.haproxyMap,
      configFolder: path.dirname(path.resolve(settings.haproxyConfig)),
      bindAddress: settings.bindAddress,
      ports: { http: settings.httpPort, https: settings.httpsPort, appId: settings.appIdPort, stats: settings.statsPort },
      threads: settings.nbthread ?? usableCores(),
      maxConnections: settings.maxconn,
      oldWorkerMaxAgeSeconds: settings.oldWorkerMaxAge,
      maxOldWorkers: settings.maxOldWorkers,
      statesFile: settings.command === undefined ? path.resolve(settings.runDir, 'server-state') : undefined,
      trafficLog: logTarget(settings.haproxyLog),
      defaultOptions: settings.defaultOptions,
    },
  };
}

/** What stands behind HAProxy's `log`. */
function logTarget(target: string): string | undefined {
  if (target === 'off') return undefined;
  if (target === 'syslog') return '/dev/log';
  return target === 'stdout' ? 'stdout format raw' : target;
}

const DEFAULTS = fileURLToPath(new URL('../templates/', import.meta.url));

/** The default templates, and what stands in their place: HAPROXY_<NAME> in the environment before a file of that name. */
export async function loadTemplates(folder: string, env: Environment): Promise<Templates> {
  const defaults = await Promise.all(
    TEMPLATE_NAMES.map(async (name): Promise<[TemplateName, string]> => [name, await readFile(path.join(DEFAULTS, `${name}.hbs`), 'utf8')]),
  );
  const own = new Map<TemplateName, TemplateText>();
  const files = new Set(await readdir(folder).catch(() => []));
  for (const name of TEMPLATE_NAMES) {
    const text = env[name];
    const file = [`${name}.hbs`, name].find((candidate) => files.has(candidate));
    if (text !== undefined) own.set(name, { text: text.replaceAll('\\n', '\n'), language: 'marathon-lb', from: `the variable ${name}` });
    else if (file !== undefined && path.resolve(folder) !== path.resolve(DEFAULTS)) {
      const language = file.endsWith('.hbs') ? 'handlebars' : 'marathon-lb';
      own.set(name, { text: await readFile(path.join(folder, file), 'utf8'), language, from: path.join(folder, file) });
    }
  }
  return makeTemplates(new Map(defaults), own);
}
