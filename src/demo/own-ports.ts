import type { Network } from '../model/snapshot.ts';
import type { JsonObject } from './marathon-app.ts';
import { isObject } from './marathon-store.ts';

/** One port of a person's definition: where its task listens, and which port of the load balancer leads to it. */
export interface OwnPort {
  /** The port inside the container; 0 where the definition leaves it to Mesos. */
  readonly container: number;
  /** 0 where the definition leaves it to Marathon. */
  readonly service: number;
  readonly tcp: boolean;
}

/** How the tasks of a definition are reached, in the words of any release of Marathon. */
export function networkOf(definition: JsonObject): Network {
  const [network] = listAt(definition, 'networks');
  const written = network?.['mode'] ?? at(dockerOf(definition), 'network');
  const mode = typeof written === 'string' ? written : definition['ipAddress'] === undefined ? 'host' : 'user';
  const words: Readonly<Record<string, Network>> = {
    bridge: 'bridge',
    'container/bridge': 'bridge',
    container: 'container',
    user: 'container',
  };
  return words[mode.toLowerCase()] ?? 'host';
}

/** The ports of a definition, in the order of their index. */
export function portsOf(definition: JsonObject): readonly OwnPort[] {
  return written(definition).map((port) => ({
    container: Number(port['containerPort'] ?? 0),
    service: Number(port['servicePort'] ?? port['port'] ?? 0),
    tcp: typeof port['protocol'] !== 'string' || port['protocol'].includes('tcp'),
  }));
}

/** The definition with these service ports, as Marathon writes in what a person leaves open. */
export function withServicePorts(definition: JsonObject, services: readonly number[]): JsonObject {
  const container = isObject(definition['container']) ? definition['container'] : {};
  const docker = dockerOf(definition);
  const mapped = (list: readonly JsonObject[]): readonly JsonObject[] =>
    list.map((port, i) => ({ ...port, servicePort: services[i] ?? 0 }));
  if (listAt(container, 'portMappings').length > 0)
    return { ...definition, container: { ...container, portMappings: mapped(listAt(container, 'portMappings')) } };
  if (listAt(docker, 'portMappings').length > 0)
    return { ...definition, container: { ...container, docker: { ...docker, portMappings: mapped(listAt(docker, 'portMappings')) } } };
  const definitions = listAt(definition, 'portDefinitions');
  if (definitions.length > 0)
    return { ...definition, portDefinitions: definitions.map((port, i) => ({ ...port, port: services[i] ?? 0 })) };
  return Array.isArray(definition['ports']) ? { ...definition, ports: services } : definition;
}

function written(definition: JsonObject): readonly JsonObject[] {
  const mappings = [...listAt(definition['container'], 'portMappings'), ...listAt(dockerOf(definition), 'portMappings')];
  if (mappings.length > 0) return mappings;
  const definitions = listAt(definition, 'portDefinitions');
  if (definitions.length > 0) return definitions;
  const { ports } = definition;
  return Array.isArray(ports) ? ports.map((port: unknown) => ({ port })) : [];
}

function dockerOf(definition: JsonObject): JsonObject {
  const docker = at(definition['container'], 'docker');
  return isObject(docker) ? docker : {};
}

function at(value: unknown, key: string): unknown {
  return isObject(value) ? value[key] : undefined;
}

function listAt(value: unknown, key: string): readonly JsonObject[] {
  const list = at(value, key);
  return Array.isArray(list) ? list.filter(isObject) : [];
}
