import { bindsOf } from '../haproxy/binds.ts';
import type { Section } from '../model/document.ts';
import { explainAnswer } from './answer.ts';
import { askingForPort, explainClaim } from './claims.ts';
import { ofLoadBalancer } from './load-balancer.ts';
import type { ViewLookup } from './view-lookup.ts';
import { explainService } from './ports.ts';
import type { BindExplanation, FrontendExplanation } from './shapes.ts';

/** Who answers on a port of the load balancer, by the bind lines that were rendered, and who would. */
export function explainPort(lookup: ViewLookup, port: number): BindExplanation {
  const { document, taken } = lookup.view;
  const sections = document.front.filter((section) => isBoundIn(section, port));
  const binds = sections.flatMap((section) => frontends(section, lookup));
  const asking = askingForPort(lookup, port).filter(
    ({ app, index }) => !binds.some(({ answer }) => answer?.port?.app === app && answer.port.index === index),
  );
  const others = asking.map((one) => {
    const service = lookup.services(one.app).find(({ front }) => front.index === one.index);
    const served = service === undefined || service.front.isShut === true ? undefined : explainService(service, lookup);
    return explainClaim({ asking: one, lookup, port: served, why: 'lost', about: String(port) });
  });
  const concerned = new Set([...others.map(({ app }) => app), ...binds.flatMap(({ answer }) => answer?.port?.author ?? [])]);
  return {
    kind: 'port',
    port,
    served: binds.some(({ shared, answer }) => shared || answer?.served === true),
    binds,
    others,
    taken: taken.filter((one) => one.port === port).map(({ why }) => why),
    problems: [...concerned].flatMap((app) => lookup.problems(app)),
    loadBalancer: ofLoadBalancer(lookup.view),
  };
}

function isBoundIn({ fragments }: Section, port: number): boolean {
  return fragments.some(({ text }) => text.includes(String(port)) && bindsOf(text).some((bind) => bind.port === port));
}

/** A port's own frontend has one answer; the operator's decide by host, path or app id, or answer themselves. */
function frontends(section: Section, lookup: ViewLookup): readonly FrontendExplanation[] {
  const shared = section.fragments[0]?.owner.by === 'operator';
  const answer = shared ? null : { ...explainAnswer(lookup, section, { host: '', path: '/', secure: false }), labels: [] }; // no label of hosts
  return [{ section: section.name === 'head' ? 'listen stats' : section.name, shared, answer }];
}
