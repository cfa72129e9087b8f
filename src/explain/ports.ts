import { bracketed } from '../lib/bracketed.ts';
import type { AppId } from '../model/names.ts';
import type { Server, Service } from '../model/service.ts';
import type { LeftOut } from '../model/left-out.ts';
import { lazily } from '../lib/lazily.ts';
import { labelledPorts, type LabelledPort } from './labelled-ports.ts';
import type { ViewLookup } from './view-lookup.ts';
import type { PortExplanation, ServerExplanation } from './shapes.ts';
import { reasoned } from './tasks.ts';

/** All ports of what is served under an id, in order of port index. */
export function explainPorts(servedAs: AppId, lookup: ViewLookup): readonly PortExplanation[] {
  const services = lookup.services(servedAs);
  const rendered = services.map((service) => explainService(service, lookup));
  const known = new Set(services.map(({ front }) => front.index));
  const [author] = lookup.members(servedAs);
  const asked = lazily(() => (author === undefined ? [] : labelledPorts(author.definition, servedAs)));
  const others = lookup.leftOut(servedAs).flatMap(({ index, task }) => (index === undefined || task !== undefined ? [] : [index]));
  const leftOut = [...new Set(others)].filter((index) => !known.has(index));
  const unrendered = leftOut.map((index) => {
    const { hosts = [], servicePort } = asked()[index] ?? {};
    return explainLeftOut({ app: servedAs, author: author?.id ?? servedAs, index, hosts, servicePort }, lookup);
  });
  return [...rendered, ...unrendered].sort((a, b) => a.index - b.index);
}

/** A port that is rendered. */
export function explainService(service: Service, lookup: ViewLookup): PortExplanation {
  const { front, backend } = service;
  const { app, index, bind, routes } = front;
  const rules = lookup.rules(service);
  const isReached = bind !== undefined || rules.length > 0;
  const hosts = new Set(routes.map(({ host }) => host));
  return {
    app,
    author: front.author ?? app,
    index,
    servicePort: front.port === 0 ? null : front.port, // a pod's endpoint may have none
    mode: front.mode,
    backend: front.name,
    spare: lookup.spare(front.name) ?? null,
    served: isReached && backend.servers.length > 0,
    bind: bind === undefined ? null : `${bind.address}:${bind.port}`,
    routes: routes.map(({ host, path }) => ({ host, path: path ?? null })),
    lostHosts: (front.claimed?.routes ?? []).map(({ host }) => host).filter((host) => !hosts.has(host)),
    auth: front.auth !== undefined,
    redirectToHttps: front.redirectToHttps,
    allowedNetworks: backend.options.allowedNetworks,
    servers: backend.servers.map(explainServer),
    rules,
    leftOut: reasonsOf(lookup.leftOut(app), index),
  };
}

/** A port that is not rendered. */
function explainLeftOut({ app, author, index, hosts, servicePort }: LabelledPort, lookup: ViewLookup): PortExplanation {
  const nothing = { routes: [], lostHosts: hosts, allowedNetworks: [], servers: [], rules: [] };
  const leftOut = reasonsOf(lookup.leftOut(app), index);
  return {
    ...{ app, author, index, servicePort: servicePort ?? null, mode: null, backend: null, spare: null, served: false, bind: null },
    ...{ ...nothing, auth: false, redirectToHttps: false, leftOut },
  };
}

/** A server as it is wanted of HAProxy. */
function explainServer({ name, task, address, port, draining }: Server): ServerExplanation {
  return { name, task, address: bracketed(address), port, state: draining ? 'draining' : 'serves' };
}

function reasonsOf(leftOut: readonly LeftOut[], index: number): PortExplanation['leftOut'] {
  return leftOut.filter((one) => one.index === index && one.task === undefined).map(({ why }) => reasoned(why));
}
