import { setTimeout } from 'node:timers/promises';
import { startBackend, type RunningBackend } from './backends.ts';
import type { JsonObject } from './marathon-app.ts';
import type { EndpointForm } from './marathon-pod.ts';
import { isObject } from './marathon-store.ts';
import type { PodForm } from './marathon.ts';
import type { OwnApps, OwnAppsSettings } from './own-apps.ts';

/** More instances than these of a pod are not started. */
const MOST_INSTANCES = 3;
/** The first port that Mesos gives an instance on its agent. */
const FIRST_HOST_PORT = 31_000;
/** How long the servers of a killed instance still answer, in milliseconds. */
const GRACE_MS = 500;

interface Instance {
  readonly id: string;
  readonly backends: readonly RunningBackend[];
}

interface OwnPod {
  readonly form: PodForm;
  readonly instances: Instance[];
}

/** Makes the story of these pod definitions; nothing happens before `begin`. Each step replaces the oldest instance of one of the pods. */
export function makeOwnPods({ marathon, definitions, at, say }: OwnAppsSettings): OwnApps {
  const pods = definitions.map((definition): OwnPod => ({ form: readPod(definition), instances: [] }));
  let [started, step] = [0, 0];
  const add = async ({ form, instances }: OwnPod): Promise<string> => {
    started++;
    const { text, backends, where } = await startServers(form, started);
    instances.push({ id: marathon.addInstance(form.id, { ...where, healthy: true }), backends });
    return text;
  };
  return {
    hosts: pods.flatMap(({ form }) => hostsOf(form)),
    begin: async () => {
      for (const pod of pods) {
        marathon.deployPod(pod.form);
        const where: string[] = [];
        while (pod.instances.length < Math.min(pod.form.instances, MOST_INSTANCES)) where.push(await add(pod));
        const tries = hostsOf(pod.form).map((host) => `curl -H "Host: ${host}" http://${at}/`);
        say(`${pod.form.id}, a pod: instances at ${where.join(', ')}${tries.length === 0 ? '' : `. Try:  ${tries.join('   ')}`}`);
      }
    },
    goOn: async () => {
      const pod = pods[step++ % pods.length];
      const [oldest] = pod?.instances ?? [];
      if (pod === undefined || oldest === undefined) return;
      say(`${pod.form.id}: an instance is replaced, a new one runs at ${await add(pod)} and the oldest is killed`);
      pod.instances.shift();
      marathon.killInstance(pod.form.id, oldest.id);
      await setTimeout(GRACE_MS);
      await Promise.all(oldest.backends.map((backend) => backend.close()));
    },
    end: async () => {
      await Promise.all(pods.flatMap(({ instances }) => instances.flatMap(({ backends }) => backends.map((backend) => backend.close()))));
    },
  };
}

/** A pod as a person sends it to Marathon, or as Marathon tells it under `::status`. */
function readPod(definition: JsonObject): PodForm {
  const { scaling, ...written } = isObject(definition['spec']) ? definition['spec'] : definition;
  const instances = Number((isObject(scaling) ? scaling['instances'] : written['instances']) ?? 1);
  return { ...(written as unknown as PodForm), id: String(definition['id']), instances };
}

/** A server for each TCP endpoint of an instance: at an address of its own, or on its agent with the ports that Mesos gives it. */
async function startServers({ id, networks, containers }: PodForm, nth: number) {
  const address = `127.62.${Math.floor(nth / 200)}.${10 + (nth % 200)}`;
  const [network] = networks ?? [];
  const isApart = network?.mode === 'container';
  const endpoints = containers.flatMap((container) => container.endpoints ?? []).filter(isTcp);
  const ports = Object.fromEntries(endpoints.map(({ name }, i) => [name, FIRST_HOST_PORT + i]));
  const backends: RunningBackend[] = [];
  for (const { name, containerPort } of endpoints) {
    const port = isApart ? containerPort : ports[name];
    if (port !== undefined) backends.push(await startBackend({ address, port, name: `${id.slice(1)} instance ${nth}` }));
  }
  const where = isApart ? { host: '172.24.197.101', networks: [{ name: network.name ?? '', addresses: [address] }] } : { host: address };
  return { where: { ...where, ports }, backends, text: backends.map(({ port }) => `${address}:${port}`).join(' and ') || address };
}

function isTcp({ protocol }: EndpointForm): boolean {
  return protocol === undefined || protocol.includes('tcp');
}

/** One virtual host of each label that names any, wherever it stands. */
function hostsOf({ labels, containers }: PodForm): readonly string[] {
  const all = [labels, ...containers.flatMap((one) => [one.labels, ...(one.endpoints ?? []).map((endpoint) => endpoint.labels)])];
  return all.flatMap((some) =>
    Object.entries(some ?? {}).flatMap(([name, value]) => (/^HAPROXY_(?:\d+_)?VHOST$/.test(name) ? value.split(/[\s,]+/).slice(0, 1) : [])),
  );
}
