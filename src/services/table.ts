import { hasOwnRules } from '../model/own-rules.ts';
import type { Problem } from '../model/problem.ts';
import type { Overrides, PathType, Route, Split } from '../model/service.ts';
import type { Definition } from '../model/snapshot.ts';
import { folderOf } from '../model/folders.ts';
import { PORT_LABELS } from './labels.ts';
import type { LabelsOfPort } from './read-labels.ts';
import { isSafeRegex } from './routing-grammars.ts';

/** The routes that a port asks for, and whether they stand in the routing table. */
export interface AskedTable {
  readonly routes: readonly Route[];
  readonly table?: PathType;
  readonly split?: Split;
  readonly passthrough?: true;
  readonly problems: readonly Problem[];
}

interface Parts {
  readonly definition: Definition;
  readonly labels: LabelsOfPort;
  readonly index: number;
  readonly overrides: Overrides;
}

/**
 * The routes of a port. They stand in the routing table when a label asks for what the rules of marathon-lb can't do: a wildcard, an IPv6 address,
 * PATH_TYPE, DEFAULT or SPLIT. All other ports have the rules and map entries that they have in marathon-lb.
 */
export function tableOf(parts: Parts): AskedTable {
  const { labels, overrides } = parts;
  const { values } = labels;
  if (values.tls !== undefined) return passthroughOf(parts);
  const named = values.hosts ?? [];
  const asRules = named.filter((host) => !isOnlyInTable(host));
  const reasons = reasonsFor(parts);
  if (reasons.length === 0) {
    return { routes: named.map((host) => ({ host, path: values.path })), problems: uselessLabels(parts) };
  }
  if (hasOwnRules(overrides)) {
    return { routes: asRules.map((host) => ({ host, path: values.path })), problems: [besideOwnRules(parts, reasons)] };
  }
  const type = values.pathType ?? 'prefix';
  const { path, problems } = pathOf(parts, type);
  const hosts = path === null ? [] : [...named, ...(asksForAllHosts(labels, parts.index) ? ['*'] : [])];
  return {
    routes: hosts.map((host) => ({ host, path: path ?? undefined })),
    table: type,
    ...(values.split !== undefined && { split: splitOf(parts, values.split) }),
    problems: [...problems, ...uselessLabels(parts), ...weightless(parts), ...notOfWildcards(parts, hosts)],
  };
}

/**
 * Whether a port asks for requests of any host: with DEFAULT, or with paths and without the label VHOST. A port whose virtual hosts can't be read, or
 * are not the app's, does not ask for all others.
 */
export function asksForAllHosts(labels: LabelsOfPort, index: number): boolean {
  const { isDefault, path, pathType } = labels.values;
  const hasHosts = labels.names.includes(nameOf(PORT_LABELS.hosts, index));
  return isDefault === true || (path !== undefined && pathType !== undefined && !hasHosts);
}

/** Whether a host is one that the rules of marathon-lb can't match: a wildcard, or an IPv6 address. */
function isOnlyInTable(host: string): boolean {
  return host.startsWith('*') || host.startsWith('[');
}

/** Whether the labels of a port give it a route: of a host, of paths of all hosts, or of everything else. */
function hasRoute(parts: Parts): boolean {
  return (parts.labels.values.hosts ?? []).length > 0 || asksForAllHosts(parts.labels, parts.index);
}

/** Whether a port has the label PATH, also when it can't be read. */
function namesPath({ labels, index }: Parts): boolean {
  return labels.names.includes(nameOf(PORT_LABELS.path, index));
}

/** The names of the labels because of which the routes of a port stand in the table. */
function reasonsFor(parts: Parts): readonly string[] {
  const { hosts = [], path, pathType, isDefault, split } = parts.labels.values;
  return [
    ...(hosts.some(isOnlyInTable) ? [PORT_LABELS.hosts.name] : []),
    ...(pathType !== undefined && (path !== undefined || namesPath(parts)) ? [PORT_LABELS.pathType.name] : []),
    ...(isDefault === true ? [PORT_LABELS.isDefault.name] : []),
    ...(split !== undefined && hasRoute(parts) ? [PORT_LABELS.split.name] : []),
  ];
}

/** The paths without the flag -i; null when one of them can't be used, because without it the port would get the whole host. */
function pathOf(parts: Parts, type: PathType): { readonly path: string | undefined | null; readonly problems: readonly Problem[] } {
  const { path } = parts.labels.values;
  if (path === undefined) return { path: namesPath(parts) ? null : path, problems: [] };
  const words = path.split(' ');
  const paths = words.filter((word) => word !== '-i');
  const flag = words.length === paths.length ? [] : [noFlag(parts)];
  const bad = type === 'regex' ? paths.find((one) => !isSafeRegex(one)) : undefined;
  return bad === undefined ? { path: paths.join(' '), problems: flag } : { path: null, problems: [badRegex(parts, bad), ...flag] };
}

function splitOf({ definition: { id, author = id }, labels, index }: Parts, name: string): Split {
  const { splitWeight } = labels.values;
  const isMisread = splitWeight === undefined && labels.names.includes(nameOf(PORT_LABELS.splitWeight, index));
  return { key: `${folderOf(author)} ${name}`, weight: isMisread ? 0 : splitWeight };
}

function nameOf({ name }: { readonly name: string }, index: number): string {
  return `HAPROXY_${index}_${name}`;
}

function problem(
  { definition: { id }, index }: Parts,
  label: { readonly name: string },
  words: Pick<Problem, 'message' | 'hint'>,
): Problem {
  return { code: 'label-value', owner: { by: 'app', app: id, index }, label: nameOf(label, index), ...words };
}

/** Labels of the routing table that have no effect, because the label that they belong to is missing. */
function uselessLabels(parts: Parts): readonly Problem[] {
  const { path, pathType, split, splitWeight } = parts.labels.values;
  const without = (label: { readonly name: string }, missing: string): Problem =>
    problem(parts, label, {
      message: `${nameOf(label, parts.index)} has no effect, because the port has no ${missing}`,
      hint: `add ${missing}, or remove the label`,
    });
  const [ofPath, ofSplit] = [nameOf(PORT_LABELS.path, parts.index), nameOf(PORT_LABELS.split, parts.index)];
  return [
    ...(pathType !== undefined && path === undefined && !namesPath(parts) ? [without(PORT_LABELS.pathType, ofPath)] : []),
    ...(split !== undefined && !hasRoute(parts) ? [without(PORT_LABELS.split, nameOf(PORT_LABELS.hosts, parts.index))] : []),
    ...(splitWeight !== undefined && split === undefined ? [without(PORT_LABELS.splitWeight, ofSplit)] : []),
  ];
}

function besideOwnRules(parts: Parts, reasons: readonly string[]): Problem {
  const own = Object.keys(parts.overrides).filter((template) => hasOwnRules({ [template]: '' }));
  const labels = reasons.map((name) => `HAPROXY_${parts.index}_${name}`).join(' and ');
  const rules = own.map((template) => template.replace(/^HAPROXY_/, `HAPROXY_${parts.index}_`)).join(' and ');
  return problem(
    parts,
    { name: reasons[0] ?? '' },
    {
      message: `${labels} can't be used beside ${rules}: the port has its own rules, and no wildcard, DEFAULT or split of the routing table`,
      hint: `remove ${rules} to have the port in the routing table`,
    },
  );
}

function noFlag(parts: Parts): Problem {
  const label = nameOf(PORT_LABELS.path, parts.index);
  return problem(parts, PORT_LABELS.path, {
    message: `-i in ${label} has no effect: the routing table compares paths with upper and lower case as they are written`,
    hint: `remove -i from ${label}, or write each way of writing a path`,
  });
}

function badRegex(parts: Parts, bad: string): Problem {
  const [path, type] = [nameOf(PORT_LABELS.path, parts.index), nameOf(PORT_LABELS.pathType, parts.index)];
  return problem(parts, PORT_LABELS.path, {
    message: `${path} has '${bad.slice(0, 100)}', which ${type}=regex can't use, so the virtual hosts of the port are not served`,
    hint: "begin with '/', use classes such as [a-z], groups of alternatives (a|b) that are not repeated, and at most three of '*', '+' and {n,m}",
  });
}

function weightless(parts: Parts): readonly Problem[] {
  const { weight } = parts.labels.values;
  if (weight === undefined || weight === 0) return [];
  const [label, reason] = [nameOf(PORT_LABELS.weight, parts.index), `HAPROXY_${parts.index}_${reasonsFor(parts)[0] ?? ''}`];
  return [
    problem(parts, PORT_LABELS.weight, {
      message: `${label} has no effect beside ${reason}: in the routing table the longest path is first`,
      hint: `remove ${label}`,
    }),
  ];
}

function notOfWildcards(parts: Parts, hosts: readonly string[]): readonly Problem[] {
  const wide = hosts.filter((host) => host.startsWith('*'));
  if (parts.labels.values.rootRedirect === undefined || wide.length === 0) return [];
  const label = nameOf(PORT_LABELS.rootRedirect, parts.index);
  return [
    problem(parts, PORT_LABELS.rootRedirect, {
      message: `${label} has no effect for ${wide.slice(0, 3).join(', ')}: it redirects only hosts that are written in full`,
      hint: `write the hosts in full in ${nameOf(PORT_LABELS.hosts, parts.index)}, or let the app redirect`,
    }),
  ];
}

/** Labels that need the request in plain text. */
const NEED_PLAIN = [
  ...(['path', 'pathType', 'auth', 'redirectToHttps', 'hsts', 'sticky', 'weight', 'isDefault', 'split', 'splitWeight'] as const),
  ...(['proxyPassPath', 'reverseProxyPath', 'rootRedirect'] as const),
];

/** The hosts whose TLS connections go to the port as they are; none where a label asks for what needs the request in plain text. */
function passthroughOf(parts: Parts): AskedTable {
  const { labels, index } = parts;
  const { values } = labels;
  const { hosts = [], auth, mode } = values;
  const named = (label: { readonly name: string }): boolean => labels.names.includes(nameOf(label, index));
  const needs = NEED_PLAIN.filter((key) => values[key] !== false && named(PORT_LABELS[key])).map((key) => PORT_LABELS[key]);
  const shuts = auth !== undefined || named(PORT_LABELS.path) || named(PORT_LABELS.pathType);
  const wide = hosts.filter(isOnlyInTable);
  return {
    routes: shuts ? [] : hosts.filter((host) => !isOnlyInTable(host)).map((host) => ({ host, path: undefined })),
    passthrough: true,
    problems: [
      ...needs.map((label) => notInPlain(parts, label, shuts)),
      ...(mode === 'http' ? [notInPlain(parts, PORT_LABELS.mode, false)] : []),
      ...(wide.length > 0 ? [noWideHello(parts, wide)] : []),
      ...(hosts.length === 0 ? [uselessTls(parts)] : []),
    ],
  };
}

function notInPlain(parts: Parts, label: { readonly name: string }, isShut: boolean): Problem {
  const [name, tls] = [nameOf(label, parts.index), nameOf(PORT_LABELS.tls, parts.index)];
  return problem(parts, label, {
    message: `${name} can't be used beside ${tls}=passthrough, because the requests are encrypted for the app${isShut ? ', so its virtual hosts are not served' : ''}`,
    hint: `remove ${name} or ${tls}`,
  });
}

function noWideHello(parts: Parts, hosts: readonly string[]): Problem {
  return problem(parts, PORT_LABELS.hosts, {
    message: `${hosts.slice(0, 3).join(', ')} can't be passed through: ${nameOf(PORT_LABELS.tls, parts.index)} takes hosts that are written in full`,
    hint: 'write the hosts in full',
  });
}

function uselessTls(parts: Parts): Problem {
  const [tls, hosts] = [nameOf(PORT_LABELS.tls, parts.index), nameOf(PORT_LABELS.hosts, parts.index)];
  return problem(parts, PORT_LABELS.tls, { message: `${tls} has no effect, because the port has no ${hosts}`, hint: `add ${hosts}` });
}
