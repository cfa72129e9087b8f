import type { AppId } from '../model/names.ts';
import type { Problem } from '../model/problem.ts';
import type { WrittenLabel } from '../model/snapshot.ts';
import type { WirePod } from './wire-pod.ts';

/** The labels of a pod as an app has them, and what is wrong with the way they are spread over the levels. */
export interface PodLabels {
  readonly labels: Readonly<Record<string, string>>;
  /** The labels that have a different name where they are written, by their name in `labels`. */
  readonly writtenAs: Readonly<Record<string, WrittenLabel>>;
  readonly problems: readonly Problem[];
}

/** Where a label stands in the definition, in words: "container 'web'". */
interface Level {
  readonly where: string;
  /** Maps a label's name here to the name of the same label at the pod, one for each port; undefined for a name that has no meaning here. */
  readonly nameAtPod: (name: string) => readonly string[] | undefined;
  readonly labels: WirePod['labels'];
  readonly wanted: string;
}

interface Written extends WrittenLabel {
  readonly text: string;
}

/** A label's number and what follows: HAPROXY_2_VHOST is 2 and VHOST. */
const NUMBERED = /^HAPROXY_(\d{1,3})_([^]+)$/;

/** The start of labels that are for a whole app, and so have no meaning below the pod. */
const OF_WHOLE_APP = 'HAPROXY_DEPLOYMENT_';

/**
 * The labels of a pod, its containers and its endpoints as labels of an app: endpoint n of the whole pod is port n. A container counts its own
 * endpoints, and an endpoint's labels need no number. The label that stands nearest to the endpoint counts.
 */
export function mergePodLabels(pod: WirePod): PodLabels {
  const merged = new Map<string, Written>();
  const problems: Problem[] = [];
  for (const level of levelsOf(pod)) {
    for (const [name, text] of Object.entries(level.labels ?? {}).sort()) {
      if (text == null) continue;
      const names = name.startsWith('HAPROXY_') ? level.nameAtPod(name) : [];
      if (names === undefined) problems.push(misplaced(pod.id as AppId, name, level));
      for (const own of names ?? []) {
        const farther = merged.get(own) ?? (/^HAPROXY_\d+_GROUP$/.test(own) ? merged.get('HAPROXY_GROUP') : undefined);
        const written = { text, name, where: level.where };
        if (farther !== undefined && farther.text !== text) problems.push(disagree(pod.id as AppId, farther, written));
        merged.set(own, written);
      }
    }
  }
  const others = Object.entries(pod.labels ?? {}).filter((entry): entry is [string, string] => entry[1] != null);
  const own = [...merged].map(([name, { text }]): [string, string] => [name, text]);
  const renamed = [...merged].filter(([name, written]) => name !== written.name);
  const writtenAs = Object.fromEntries(renamed.map(([own, { name, where }]) => [own, { name, where }]));
  return { labels: Object.fromEntries([...others, ...own]), writtenAs, problems };
}

/** All places with labels, the farthest from an endpoint first. */
function levelsOf({ labels, containers }: WirePod): readonly Level[] {
  const whole: Level = { where: 'the pod', nameAtPod: (name) => [name], labels, wanted: '' };
  let first = 0;
  const nearer = containers.map((container) => {
    const from = first;
    const endpoints = container.endpoints ?? [];
    first += endpoints.length;
    return [ofContainer(container, from), ...endpoints.map((endpoint, i) => ofEndpoint(endpoint, from + i))];
  });
  return [whole, ...nearer.flat()];
}

function ofContainer({ name: container, endpoints, labels }: WirePod['containers'][number], from: number): Level {
  const count = (endpoints ?? []).length;
  const has = count === 0 ? 'has no endpoints' : count === 1 ? 'has one endpoint, with number 0' : `has endpoints 0 to ${count - 1}`;
  return {
    where: `container '${container}'`,
    labels,
    wanted: `the container ${has}: write HAPROXY_GROUP, or HAPROXY_m_… with the number of one of its own endpoints`,
    nameAtPod(name) {
      if (name === 'HAPROXY_GROUP') return Array.from({ length: count }, (_, i) => `HAPROXY_${from + i}_GROUP`);
      const [, number, key = ''] = NUMBERED.exec(name) ?? [];
      return number === undefined || Number(number) >= count ? undefined : [`HAPROXY_${from + Number(number)}_${key}`];
    },
  };
}

function ofEndpoint({ name: endpoint, labels }: { readonly name: string; readonly labels?: WirePod['labels'] }, index: number): Level {
  return {
    where: `endpoint '${endpoint}'`,
    labels,
    wanted: 'at an endpoint labels have no number, HAPROXY_VHOST, or the number 0; labels for a whole app stand at the pod',
    nameAtPod(name) {
      if (name.startsWith(OF_WHOLE_APP)) return undefined;
      const [, number, key = ''] = NUMBERED.exec(name) ?? [];
      if (number !== undefined) return Number(number) === 0 ? [`HAPROXY_${index}_${key}`] : undefined;
      return [`HAPROXY_${index}_${name.slice('HAPROXY_'.length)}`];
    },
  };
}

function disagree(app: AppId, farther: Written, nearer: Written): Problem {
  return {
    code: 'label-value',
    owner: { by: 'app', app },
    label: nearer.name,
    message: `${nearer.name} of ${nearer.where} and ${farther.name} of ${farther.where} say different things about the same endpoint, and the one of ${nearer.where} counts`,
    hint: 'remove one of the two labels',
  };
}

function misplaced(app: AppId, label: string, { where, wanted }: Level): Problem {
  return {
    code: 'label-value',
    owner: { by: 'app', app },
    label,
    message: `${label} of ${where} has no effect, because it names no endpoint there`,
    hint: wanted,
  };
}
