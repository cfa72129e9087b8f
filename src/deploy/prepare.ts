import { DeployError, EXIT } from './deploy-error.ts';
import { LABELS } from './labels.ts';
import { firstInstances } from './ramp.ts';
import { isObject, labelsOf, type JsonObject } from './read-group.ts';
import type { Colour, Growth } from './shapes.ts';

/** How the new app is to be made. */
export interface NewAppWishes {
  /** The app as its author wrote it. */
  readonly app: JsonObject;
  /** The app of the group that runs; undefined for the first deployment. */
  readonly previous: Colour | undefined;
  readonly initial: number;
  /** How many of the new app a hybrid keeps; 0 when it is to take all. */
  readonly newInstances: number;
  readonly instancesFrom: 'json' | 'running';
  readonly growth: Growth;
  /** For the label that says when the deployment started. */
  readonly now: Date;
}

/** What an app definition says about its deployment. */
export interface NamedDefinition {
  readonly app: JsonObject;
  /** The id as the author wrote it, without a colour. */
  readonly id: string;
  readonly group: string;
}

/** Reads a definition from its text. Throws a DeployError that says what is missing. */
export function readDefinition(text: string, file: string): NamedDefinition {
  const app = withoutNulls(parse(text, file));
  if (!isObject(app)) throw new DeployError(`${file} does not hold an app definition: a JSON object is wanted`, EXIT.unexpected);
  const { id } = app;
  if (typeof id !== 'string' || id === '') throw new DeployError(`the app definition in ${file} has no "id"`, EXIT.unexpected);
  if (!isObject(app['labels'])) throw new DeployError(`the app ${id} has no "labels", so it names no ${LABELS.group}`, EXIT.badApp);
  const group = labelsOf(app)[LABELS.group];
  if (group === undefined)
    throw new DeployError(`the app ${id} has no label ${LABELS.group}, which names the group of its two colours`, EXIT.badApp);
  return { app, id, group };
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DeployError(`${file} is not JSON`, EXIT.unexpected, error);
  }
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((one) => one !== null).map(withoutNulls);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, one]) => (one === null ? [] : [[key, withoutNulls(one)]])));
}

/** The definition of the next colour, as marathon-lb's zdd would make it. Throws a DeployError where a label or the service port is missing. */
export function prepare({ app, previous, initial, newInstances, instancesFrom, growth, now }: NewAppWishes): JsonObject {
  const labels = labelsOf(app);
  const id = String(app['id']);
  const ports = servicePorts(app);
  const [main] = ports;
  if (main === undefined)
    throw new DeployError(`the app ${id} has no service port, so there is nothing to deploy behind a load balancer`, EXIT.badApp);
  const alt = labels[LABELS.altPort];
  if (alt === undefined)
    throw new DeployError(
      `the app ${id} has no label ${LABELS.altPort}, the second service port that its two colours take in turn`,
      EXIT.badApp,
    );
  const colour = previous?.colour === 'blue' ? 'green' : 'blue';
  const own = typeof app['instances'] === 'number' ? app['instances'] : 1;
  const target = previous === undefined || instancesFrom === 'json' ? own : previous.instances;
  const most = newInstances > 0 ? Math.min(newInstances, target) : target;
  const port = portOf(previous, main.port, Number(alt));
  const named = Object.fromEntries(ports.map(({ port: each }, i) => [`HAPROXY_${i}_PORT`, labels[`HAPROXY_${i}_PORT`] ?? String(each)]));
  const deployed = {
    ...labels,
    ...named,
    HAPROXY_0_PORT: String(main.port),
    [LABELS.appId]: id,
    [LABELS.target]: String(target),
    [LABELS.colour]: colour,
    [LABELS.startedAt]: startedAt(now, previous?.labels[LABELS.startedAt]),
    [LABELS.newInstances]: String(newInstances),
  };
  const instances = previous === undefined ? own : firstInstances(growth, { initial, target: most });
  return { ...main.put(app, port), id: `/${id.replace(/^\/+/, '')}-${colour}`, instances, labels: deployed };
}

/**
 * When the deployment starts, and in any case later than the one before: as a text, as marathon-lb and zdd compare it, and as a time. zdd writes the time
 * of its machine's zone without the zone, which may be ahead by hours.
 */
function startedAt(now: Date, before = ''): string {
  const times = [before, `${before.slice(0, 19)}Z`].map((text) => Date.parse(text)).filter((time) => !Number.isNaN(time));
  const latest = Math.max(...times);
  return now.toISOString() > before && now.getTime() > latest ? now.toISOString() : new Date(latest + 1_000).toISOString();
}

/** The other one of the two ports that the colours take in turn: Marathon up to 1.1 refuses two apps with one service port. */
function portOf(previous: Colour | undefined, main: number, alt: number): number {
  if (previous === undefined) return main;
  const [used] = servicePorts(previous.json);
  return used?.port === alt ? main : alt;
}

interface ServicePort {
  readonly port: number;
  /** Returns the app with the given service port in this place. */
  readonly put: (app: JsonObject, port: number) => JsonObject;
}

/** The service ports of an app: of `container.portMappings`, `container.docker.portMappings`, `portDefinitions` or `ports`. */
function servicePorts(app: JsonObject): readonly ServicePort[] {
  return (
    listsOfPorts(app)
      .map((list) => list.filter(({ port }) => port > 0))
      .find((list) => list.length > 0) ?? []
  );
}

function listsOfPorts(app: JsonObject): readonly (readonly ServicePort[])[] {
  return [
    portsAt(app, ['container', 'portMappings'], 'servicePort'),
    portsAt(app, ['container', 'docker', 'portMappings'], 'servicePort'),
    portsAt(app, ['portDefinitions'], 'port'),
    portsAt(app, ['ports'], undefined),
  ];
}

function portsAt(app: JsonObject, path: readonly string[], name: string | undefined): readonly ServicePort[] {
  const list: unknown = path.reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), app);
  if (!Array.isArray(list)) return [];
  return (list as readonly unknown[]).map((one, i) => ({
    port: Number((name === undefined ? one : isObject(one) ? one[name] : 0) ?? 0) || 0,
    put: (whole, port) => replaced(whole, [...path, String(i), ...(name === undefined ? [] : [name])], port) as JsonObject,
  }));
}

function replaced(at: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(at)) return (at as readonly unknown[]).map((one, i) => (String(i) === key ? replaced(one, rest, value) : one));
  return isObject(at) ? { ...at, [key]: replaced(at[key], rest, value) } : at;
}
