import type { Problem } from '../model/problem.ts';
import type { BackendOptions, Front, Overrides } from '../model/service.ts';
import type { LeftOut, LeftOutReason } from '../model/left-out.ts';
import type { Definition, HealthCheck } from '../model/snapshot.ts';
import type { Traffic } from '../model/traffic.ts';
import type { Claim } from './arrange.ts';
import { faultOf, makeCheck, withCheckLabels } from './checks.ts';
import { backendName } from './haproxy-names.ts';
import { filesOf } from './named-files.ts';
import { BOUNDS, firstProblems, tooMany } from './bounds.ts';
import { pagesOf, type PagesOfPort } from './error-pages.ts';
import { onlyUdp, samePort, unlikelyPaths, vhostInTcp } from './front-problems.ts';
import { mayClaim, notInDomains, type Domains } from './domains.ts';
import { type PortLabels } from './labels.ts';
import { withoutConflicts } from './label-conflicts.ts';
import { readLabels, type LabelsOfApp, type LabelsOfPort } from './read-labels.ts';
import { checkFor, kindOf, modeOf } from './port-mode.ts';
import { isReachedByHost, ownBind } from './pod-ports.ts';
import type { ServiceSettings } from './service-settings.ts';
import { shutFirst } from './shut.ts';
import { asksForAllHosts, tableOf, type AskedTable } from './table.ts';
import { clientTlsOf, ofFront, trafficOf, preflightOf } from './traffic.ts';

/** What follows from an app's definition alone. It stays the same object while only tasks change. */
export interface Draft {
  readonly definition: Definition;
  readonly ports: readonly PortDraft[];
  /** Ports that are left out because a label can't be read: they keep what they hold. */
  readonly absent: readonly Front[];
  /** The same ports as they are rendered while the app runs: shut. */
  readonly shut: readonly Front[];
  readonly leftOut: readonly LeftOut[];
  readonly problems: readonly Problem[];
}

/** One port of an app, before its tasks are known. */
export interface PortDraft {
  readonly front: Front;
  readonly options: BackendOptions;
  /**
   * Its claim on port and routes while it has servers, and while it has none. There are two objects, so that a third task of an app changes no claim.
   */
  readonly claims: { readonly serving: Claim; readonly idle: Claim };
}

/** The ports of one app that this load balancer serves, and why the others are left out. */
export function makeDraft(definition: Definition, settings: ServiceSettings): Draft {
  const read = withinDomains(readLabels(definition, settings.templates, settings.templatesDenied), definition, settings.domains);
  const labels = withoutConflicts(read, definition.id, (index) => kindOf(definition, read.ports[index] as LabelsOfPort, index));
  const ports: PortDraft[] = [];
  const absent: Front[] = [];
  const leftOut: LeftOut[] = [];
  const problems: Problem[] = [];
  for (const index of definition.ports.keys()) {
    const why = reasonToLeaveOut({ definition, labels, index, settings });
    if (why !== undefined) {
      leftOut.push({ app: definition.id, index, why });
      if (why === 'label') absent.push(draftPort({ definition, labels, index, settings }).draft.front);
      if (why === 'protocol') problems.push(...onlyUdp(definition.id, labels.ports[index], index));
      continue;
    }
    if (ports.length === BOUNDS.ports) {
      leftOut.push({ app: definition.id, index, why: 'bounds' });
      continue;
    }
    const { draft, unusable } = draftPort({ definition, labels, index, settings });
    problems.push(...unusable);
    const twin = ports.find(({ front }) => front.name === draft.front.name);
    if (twin === undefined) ports.push(draft);
    else {
      leftOut.push({ app: definition.id, index, why: 'port-conflict' });
      problems.push(samePort(definition.id, twin.front, index));
    }
    problems.push(...problemsOfPort(definition, draft.front, labels.ports[index]));
  }
  if (leftOut.some(({ why }) => why === 'bounds')) problems.push(tooMany(definition.id, 'ports', definition.ports.length, BOUNDS.ports));
  const concerned = ports.length > 0 || leftOut.some(({ why }) => why !== 'group' && why !== 'own-app');
  return {
    definition,
    ports,
    absent,
    shut: shutFirst(absent, BOUNDS.ports),
    leftOut,
    problems: concerned ? firstProblems(definition.id, [...(definition.problems ?? []), ...labels.problems, ...problems]) : [],
  };
}

/** What labels of a port ask for without effect. */
function problemsOfPort(definition: Definition, front: Front, labels: LabelsOfPort | undefined): readonly Problem[] {
  const { index } = front;
  return [...vhostInTcp(front, labels), ...unlikelyPaths(definition.id, labels, index), ...uncheckable(definition, labels, index)];
}

/** The labels without the virtual hosts that the app's folder may not claim. */
function withinDomains(labels: LabelsOfApp, { id, author = id }: Definition, domains: Domains | undefined): LabelsOfApp {
  if (domains === undefined) return labels;
  const problems: Problem[] = [];
  const ports = labels.ports.map((port, index) => {
    const denied = (port.values.hosts ?? []).filter((host) => !mayClaim(domains, author, host));
    const isTooWide = asksForAllHosts(port, index) && !mayClaim(domains, author, '*');
    if (denied.length === 0 && !isTooWide) return port;
    problems.push(notInDomains(id, index, [...denied, ...(isTooWide ? ['*'] : [])]));
    const { hosts, pathType } = port.values;
    const narrow = isTooWide && { isDefault: undefined, pathType: hosts === undefined ? undefined : pathType };
    return { ...port, values: { ...port.values, ...narrow, hosts: hosts?.filter((host) => !denied.includes(host)) } };
  });
  return { ...labels, ports, problems: [...labels.problems, ...problems] };
}

interface PortInQuestion {
  readonly definition: Definition;
  readonly labels: LabelsOfApp;
  readonly index: number;
  readonly settings: ServiceSettings;
}

function reasonToLeaveOut({ definition, labels, index, settings }: PortInQuestion): LeftOutReason | undefined {
  const { values, shut } = labels.ports[index] as LabelsOfPort;
  const port = definition.ports[index];
  const groups = values.groups ?? labels.app.groups ?? [];
  if (definition.id === settings.ownApp) return 'own-app';
  if (!settings.groups.includes('*') && !groups.some((group) => settings.groups.includes(group)))
    return shut && groups.length === 0 ? 'label' : 'group';
  if (!(values.enabled ?? !settings.strictMode)) return 'disabled';
  if (port?.tcp !== true) return 'protocol';
  if (values.port === undefined && port.service === undefined && !isReachedByHost(definition, values)) return 'no-service-port';
  return shut ? 'label' : undefined;
}

/** A port as its labels want it, and what is wrong with its template texts. */
function draftPort({ definition, labels, index, settings }: PortInQuestion): {
  readonly draft: PortDraft;
  readonly unusable: readonly Problem[];
} {
  const { usable, unusable } = sift({ definition, labels, index, settings });
  const table = tableOf({ definition, labels: labels.ports[index] as LabelsOfPort, index, overrides: usable });
  const { values } = labels.ports[index] as LabelsOfPort;
  const pages = pagesOf(values, { app: definition.id, index, folder: settings.errorPages });
  const parts = { definition, labels: labels.ports, index, overrides: usable, bindAddress: settings.bindAddress, pages };
  return { draft: makePort(parts, table), unusable: [...unusable, ...table.problems, ...pages.problems] };
}

/** The usable template texts of a port, and the Problems with the others. */
function sift({ definition, labels, index, settings }: PortInQuestion) {
  const { overrides } = labels.ports[index] as LabelsOfPort;
  const unusable = settings.templateProblems?.({ owner: { by: 'app', app: definition.id, index }, overrides }) ?? [];
  const named = new Set(unusable.map(({ label }) => label));
  const usable = Object.entries(overrides).filter(([name]) => !named.has(name.replace(/^HAPROXY_/, `HAPROXY_${index}_`)));
  return { usable: Object.fromEntries(usable) as Overrides, unusable };
}

interface PortParts {
  readonly definition: Definition;
  readonly labels: readonly LabelsOfPort[];
  readonly index: number;
  readonly overrides: Overrides;
  readonly bindAddress: string;
  readonly pages: PagesOfPort;
}

function makePort({ definition, labels, index, overrides, bindAddress, pages }: PortParts, asked: AskedTable): PortDraft {
  const { values } = labels[index] as LabelsOfPort;
  const check = checkFor(definition, values.checkPortIndex, index);
  const mode = modeOf({ definition, labels: labels[index] as LabelsOfPort, index, asked });
  const port = values.port ?? definition.ports[index]?.service ?? 0; // 0: it has none, and is reached by its virtual hosts alone
  const [traffic, files] = [trafficOf(values), [...filesOf(values, { index, overrides }), ...pages.files]];
  const clientTls = clientTlsOf(values);
  const front: Front = {
    app: definition.id,
    ...(definition.author !== undefined && { author: definition.author }),
    index,
    name: backendName(definition.id, port === 0 ? (definition.ports[index]?.name ?? String(index)) : port),
    port,
    mode,
    bind: ownBind(values, port, bindAddress),
    routes: mode === 'http' || asked.passthrough ? asked.routes : [],
    ...(asked.passthrough && { passthrough: true as const }),
    ...(mode === 'http' && inTable(asked)),
    auth: values.auth,
    ...preflightOf(values, traffic),
    redirectToHttps: values.redirectToHttps ?? false,
    weight: weightOf(values, asked),
    changedAt: definition.changedAt,
    overrides,
    ...(files.length > 0 && { files }),
    ...(clientTls !== undefined && { clientTls }),
    ...ofFront(traffic, pages.pages),
  };
  const options = optionsOf(values, { check, mode, traffic });
  const idle = front.split === undefined ? front : { ...front, split: { ...front.split, isIdle: true as const } };
  return { front, options, claims: { serving: { front, serves: true }, idle: { front: idle, serves: false } } };
}

/** How the routes of a port stand in the routing table, as fields of a front; nothing when they do not. */
function inTable({ table, split }: AskedTable): Pick<Front, 'table' | 'split'> {
  return { ...(table !== undefined && { table }), ...(split !== undefined && { split }) };
}

/** What its backend is to do. */
function optionsOf(
  values: PortLabels,
  {
    check,
    mode,
    traffic,
  }: { readonly check: HealthCheck | undefined; readonly mode: Front['mode']; readonly traffic: Traffic | undefined },
): BackendOptions {
  return {
    balance: values.hashBy ?? values.balance ?? 'roundrobin',
    sticky: values.sticky ?? false,
    hsts: values.hsts ?? false,
    proxyPassPath: values.proxyPassPath,
    reverseProxyPath: values.reverseProxyPath,
    rootRedirect: values.rootRedirect,
    allowedNetworks: values.allowedNetworks ?? [],
    check: withCheckLabels(check && faultOf(check) === undefined ? makeCheck(check, mode, values.checkPortIndex) : undefined, values),
    ...(traffic !== undefined && { traffic }),
  };
}

/** The order of a port's rules [marathon-lb 1.15: 0 is none]. In the routing table the longest path is first, so a weight has no effect. */
function weightOf({ weight, path }: PortLabels, { table }: AskedTable): number {
  return weight !== undefined && weight !== 0 && table === undefined ? weight : path === undefined ? 0 : 1;
}

function uncheckable(definition: Definition, labels: LabelsOfPort | undefined, index: number): readonly Problem[] {
  const check = checkFor(definition, labels?.values.checkPortIndex, index);
  const fault = check && faultOf(check);
  if (fault === undefined) return [];
  return [
    {
      code: 'health-check',
      owner: { by: 'app', app: definition.id, index },
      message: `HAProxy can't repeat the health check of port ${index}: ${fault}`,
      hint: "correct the check in the app's healthChecks; until then only Marathon's results are used",
    },
  ];
}
