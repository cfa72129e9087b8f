import { isObject, type JsonObject } from './read-group.ts';
import type { Group, BalancerServer } from './shapes.ts';
import { mergePorts } from './merge-ports.ts';

interface CsvOrigin {
  readonly group: Group;
  /** An old worker of HAProxy may still have sessions, of which the figures say nothing. */
  readonly isReloading: boolean;
}

/** Reads what a marathon-lb knows of the tasks of a group, from HAProxy's figures: by the names of columns, backends and servers. */
export function readCsv(text: string, { group, isReloading }: CsvOrigin): ReadonlyMap<string, BalancerServer> {
  const [head = '', ...lines] = text.split('\n');
  const at = new Map(
    head
      .replace(/^# /, '')
      .split(',')
      .map((name, i) => [name.trim(), i]),
  );
  const prefix = `${group.name.replace(/^\/+/, '').replaceAll('/', '_')}_`;
  const names = group.apps.flatMap(({ json }) => namesOf(json));
  const servers = new Map<string, BalancerServer>();
  for (const line of lines) {
    const fields = fieldsOf(line);
    const field = (name: string): string => fields[at.get(name) ?? -1] ?? '';
    const [backend, server] = [field('pxname'), field('svname')];
    if (!backend.startsWith(prefix) || !/^\d+$/.test(backend.slice(prefix.length))) continue;
    const task = names.find(({ pattern }) => pattern.test(server))?.task;
    if (task !== undefined) servers.set(task, mergePorts(servers.get(task), rowOf(field, isReloading)));
  }
  return servers;
}

/** The fields of a line; one with a comma or a quote in it, such as the last answer of a check, stands in quotes. */
function fieldsOf(line: string): readonly string[] {
  if (!line.includes('"')) return line.split(',');
  const fields: string[] = [];
  let [field, isQuoted] = ['', false];
  for (const sign of line) {
    if (sign === '"') isQuoted = !isQuoted;
    else if (sign === ',' && !isQuoted) {
      fields.push(field);
      field = '';
    } else field += sign;
  }
  return [...fields, field];
}

function rowOf(field: (name: string) => string, isReloading: boolean): BalancerServer {
  const count = (name: string): number => Number(field(name)) || 0;
  const draining = /^(MAINT|DRAIN)/.test(field('status'));
  const unseen = draining && isReloading ? 1 : 0;
  return {
    serving: /^(UP|no check)/.test(field('status')),
    draining,
    sessions: count('scur') + count('qcur') + unseen,
    requests: count('req_tot') || count('stot'),
    errors: field('mode') === 'tcp' ? count('econ') + count('eresp') : count('hrsp_5xx'),
    answerMs: count('rtime'),
  };
}

interface TaskPattern {
  readonly task: string;
  readonly pattern: RegExp;
}

/**
 * The names that marathon-lb writes for the servers of an app's tasks: the host, then the address where it differs from the host, then the port. Signs
 * other than letters, digits and dashes are underscores.
 */
function namesOf(app: JsonObject): readonly TaskPattern[] {
  const container = containerPorts(app);
  const tasks = Array.isArray(app['tasks']) ? (app['tasks'] as readonly unknown[]).filter(isObject) : [];
  return tasks.flatMap((task): TaskPattern[] => {
    const host = written(typeof task['host'] === 'string' ? task['host'] : '');
    const ports = Array.isArray(task['ports']) ? task['ports'].map(String) : [];
    const addresses = (Array.isArray(task['ipAddresses']) ? (task['ipAddresses'] as readonly unknown[]).filter(isObject) : []).map((one) =>
      written(String(one['ipAddress'])),
    );
    const onHost = ports.map((port) => `${host}(_[0-9a-fA-F_]+)?_${port}`);
    const own = addresses.flatMap((address) => container.map((port) => `(${host}_)?${address}_${port}`));
    const all = [...onHost, ...own];
    return all.length === 0 ? [] : [{ task: String(task['id']), pattern: new RegExp(`^(?:${all.join('|')})$`) }];
  });
}

function written(text: string): string {
  return text.replaceAll(/[^a-zA-Z0-9-]/g, '_');
}

function containerPorts(app: JsonObject): readonly string[] {
  const container = isObject(app['container']) ? app['container'] : {};
  const docker = isObject(container['docker']) ? container['docker'] : {};
  const lists = [container['portMappings'], docker['portMappings']];
  return lists.flatMap((list) =>
    Array.isArray(list) ? (list as readonly unknown[]).filter(isObject).map((one) => String(one['containerPort'])) : [],
  );
}
