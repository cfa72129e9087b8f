import { TEMPLATES_IN_LABELS } from '../../src/haproxy/catalogue.ts';
import type { AppId, TaskId } from '../../src/model/names.ts';
import type { App, Definition, HealthCheck, Port, Task } from '../../src/model/snapshot.ts';
import { makeDraft, type Draft } from '../../src/services/fronts.ts';
import { type ServiceSettings } from '../../src/services/service-settings.ts';
import { makeServices, type ServicesOfApp } from '../../src/services/services.ts';

export const appId = (id: string): AppId => id as AppId;

/** Settings of an operator: everything by default, group 'external'. */
export function settings(given: Partial<ServiceSettings> = {}): ServiceSettings {
  return {
    groups: ['external'],
    strictMode: false,
    healthCheck: true,
    ownApp: undefined,
    portRange: { first: 10050, last: 10100 },
    bindAddress: '*',
    templates: TEMPLATES_IN_LABELS,
    templatesDenied: false,
    ...given,
  };
}

export function port(given: Partial<Port> = {}): Port {
  return { container: 80, service: 10000, onHost: true, tcp: true, ...given };
}

export function check(given: Partial<HealthCheck> = {}): HealthCheck {
  return {
    protocol: 'HTTP',
    path: '/',
    at: { index: 0 },
    gracePeriodSeconds: 300,
    intervalSeconds: 60,
    timeoutSeconds: 20,
    maxConsecutiveFailures: 3,
    ...given,
  };
}

/** /shop in bridge mode with one port, of group 'external' but for labels that say otherwise. */
export function definition(given: Partial<Definition> = {}): Definition {
  const { labels = {}, ...rest } = given;
  return {
    id: appId('/shop'),
    network: 'bridge',
    ports: [port()],
    checks: [],
    readiness: false,
    changedAt: undefined,
    labels: { HAPROXY_GROUP: 'external', ...labels },
    ...rest,
  };
}

export function task(given: Partial<Omit<Task, 'id'>> & { readonly id?: string } = {}): Task {
  const { id = 'shop.1', ...rest } = given;
  return {
    id: id as TaskId,
    host: '10.0.0.1',
    hostAddress: '10.0.0.1',
    state: 'TASK_RUNNING',
    addresses: [],
    hostPorts: [31001],
    health: 'unknown',
    readiness: 'ready',
    version: undefined,
    ...rest,
  };
}

export function app(tasks: readonly Task[], of: Definition = definition(), instances = 1): App {
  return { id: of.id, definition: of, instances, version: undefined, scaledAt: undefined, tasks };
}

export const draft = (labels: Readonly<Record<string, string>>, given: Partial<ServiceSettings> = {}): Draft =>
  makeDraft(definition({ labels }), settings(given));

/** The services of an app, drafted as `given` wants it. */
export function servicesOf(one: App, given: Partial<ServiceSettings> = {}): ServicesOfApp {
  const how = settings(given);
  return makeServices(one, makeDraft(one.definition, how), how);
}
