import type { Elsewhere } from './answer.ts';

interface Names {
  /** 'mesos' */
  readonly domain: string;
  /** Marathon's name in Mesos, as it stands in names: 'marathon'. */
  readonly framework: string;
}

/**
 * Which names of the Mesos domain another name server may know, where there is nothing here: those of Mesos itself (leader.mesos, slave.mesos), of
 * other frameworks, and of Marathon as a framework (marathon.mesos). Names of Marathon's apps nobody knows better.
 */
export function makeMayKnow({ domain, framework }: Names): Elsewhere['mayKnow'] {
  const ours = [`.${framework}.${domain}`, `.${framework}.slave.${domain}`];
  const marathons = new Set(['_tcp', '_udp'].map((protocol) => `_framework.${protocol}.${framework}.${domain}`));
  return (name) => name.endsWith(`.${domain}`) && (marathons.has(name) || !ours.some((end) => name.endsWith(end)));
}
