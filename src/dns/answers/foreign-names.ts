import type { Elsewhere } from './answer.ts';

interface Names {
  /** 'mesos' */
  readonly domain: string;
  /** Marathon's name as Mesos names contain it: 'marathon'. */
  readonly framework: string;
}

/**
 * Returns a test for names in the Mesos domain that have no records here: whether another name server may know them. True for names of Mesos itself
 * (leader.mesos, slave.mesos), of other frameworks, and of Marathon as a framework (marathon.mesos). False for names of Marathon's apps, because no
 * server knows those better.
 */
export function makeMayKnow({ domain, framework }: Names): Elsewhere['mayKnow'] {
  const ours = [`.${framework}.${domain}`, `.${framework}.slave.${domain}`];
  const marathons = new Set(['_tcp', '_udp'].map((protocol) => `_framework.${protocol}.${framework}.${domain}`));
  return (name) => name.endsWith(`.${domain}`) && (marathons.has(name) || !ours.some((end) => name.endsWith(end)));
}
