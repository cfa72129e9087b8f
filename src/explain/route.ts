import { distance } from 'fastest-levenshtein';
import { allSteps, filterInSteps, type Steps } from '../lib/steps.ts';
import { PASSTHROUGH } from '../haproxy/passthrough.ts';
import type { Section } from '../model/document.ts';
import type { Front, Service } from '../model/service.ts';
import type { View } from '../model/view.ts';
import { explainAnswer } from './answer.ts';
import type { LabelledPort } from './labelled-ports.ts';
import { explainClaim, namingHost } from './claims.ts';
import type { ViewLookup } from './view-lookup.ts';
import { ofLoadBalancer } from './load-balancer.ts';
import { meantBy } from './meant.ts';
import { NO_ANSWER_SENTENCES, type NoAnswerReason } from './no-answer.ts';
import { explainService } from './ports.ts';
import type { AnswerExplanation, ClaimExplanation, RouteExplanation } from './shapes.ts';

/** What becomes of a request for a host and path, by the rules and maps that were rendered. */
export function explainRoute(lookup: ViewLookup, host: string, path = '/'): RouteExplanation {
  return allSteps(explainRouteInSteps(lookup, host, path));
}

/** The same in steps, because looking through 10,000 apps takes tens of milliseconds. */
export function* explainRouteInSteps(lookup: ViewLookup, host: string, path: string): Steps<RouteExplanation> {
  const { document } = lookup.view;
  const asked = { host: host.toLowerCase(), path };
  const answer = (secure: boolean): AnswerExplanation | null => {
    const entry = entryOf(document, secure);
    return entry === undefined ? null : explainAnswer(lookup, entry, { ...asked, secure });
  };
  const http = answer(false);
  yield undefined;
  const both = { http, https: answer(true) };
  yield undefined;
  const naming = yield* namingHost(lookup, asked.host);
  const answers = [both.http, both.https].flatMap((one) => one ?? []);
  const answersHere = (one: LabelledPort): boolean => answers.some(({ port }) => port?.app === one.app && port.index === one.index);
  const others = naming.filter((one) => serviceOf(one, lookup)?.front.isShut === true || !answersHere(one));
  const claims = others.map((one) => claimOf(one, lookup, asked));
  const isKnown = naming.length > 0 || answers.some(({ action }) => action !== 'nothing');
  const concerned = new Set([...claims.map(({ app }) => app), ...answers.flatMap(({ port }) => port?.author ?? [])]);
  return {
    kind: 'route',
    ...asked,
    served: answers.some(({ served }) => served),
    http: both.http && withWhy(both.http, claims),
    https: both.https && withWhy(both.https, claims),
    others: claims,
    nearest: isKnown ? [] : yield* nearest(lookup.view, asked.host),
    meant: isKnown ? null : meantBy(lookup.view, asked.host),
    problems: [...concerned].flatMap((app) => lookup.problems(app)),
    loadBalancer: ofLoadBalancer(lookup.view),
  };
}

const HTTP: readonly string[] = ['HAPROXY_HTTP_FRONTEND_HEAD'];
const HTTPS: readonly string[] = ['HAPROXY_HTTPS_FRONTEND_HEAD', 'HAPROXY_HTTPS_GROUPED_FRONTEND_HEAD'];

/** The frontend by which requests for virtual hosts come in; none under --dont-bind-http-https. */
export function entryOf({ front }: View['document'], secure: boolean): Section | undefined {
  const passing = secure ? front.find(({ fragments }) => fragments[0]?.template === PASSTHROUGH) : undefined;
  if (passing !== undefined) return passing;
  const byTemplate = front.find(({ fragments }) => (secure ? HTTPS : HTTP).includes(fragments[0]?.template ?? ''));
  return byTemplate ?? front.find(({ name }) => name === `frontend marathon_${secure ? 'https' : 'http'}_in`); // of a file that was read back
}

/** Says why no rule takes the request, by the ports whose labels name the host. Returns any other answer as it is. */
function withWhy(answer: AnswerExplanation, claims: readonly ClaimExplanation[]): AnswerExplanation {
  if (answer.action !== 'nothing') return answer;
  const why: NoAnswerReason = claims.length === 0 ? 'no-host' : claims.some((claim) => claim.why === 'path') ? 'no-path' : 'left-out';
  return { ...answer, why, text: NO_ANSWER_SENTENCES[why] };
}

function claimOf(
  asking: LabelledPort,
  lookup: ViewLookup,
  { host, path }: { readonly host: string; readonly path: string },
): ClaimExplanation {
  const service = serviceOf(asking, lookup);
  const port = service && explainService(service, lookup);
  const isBehind = service !== undefined && hasPath(service.front, path);
  const why = port?.routes.some((route) => route.host === host) !== true ? 'lost' : isBehind ? 'behind' : 'path';
  return explainClaim({ asking, lookup, port: service?.front.isShut === true ? undefined : port, why, about: host });
}

function serviceOf({ app, index }: LabelledPort, lookup: ViewLookup): Service | undefined {
  return lookup.services(app).find(({ front }) => front.index === index);
}

/** Whether a port takes a path of its hosts: one of the arguments of path_beg that its label gives. */
function hasPath({ routes: [route] }: Front, path: string): boolean {
  const words = route?.path?.split(' ') ?? [];
  if (words.length === 0) return true;
  const text = words[0] === '-i' ? path.toLowerCase() : path;
  return words.some((word) => word.startsWith('/') && text.startsWith(words[0] === '-i' ? word.toLowerCase() : word));
}

const MOST_NEAREST = 3;

/** The virtual hosts that differ least from one that nobody has. */
function* nearest({ services }: View, host: string): Steps<readonly string[]> {
  const hosts = new Set<string>();
  for (const { front } of services) for (const route of front.routes) hosts.add(route.host);
  yield undefined;
  let near: readonly { readonly other: string; readonly far: number }[] = [];
  yield* filterInSteps(hosts, (other) => {
    const most = near.length < MOST_NEAREST ? Infinity : (near.at(-1)?.far ?? Infinity);
    if (Math.abs(other.length - host.length) >= most) return false; // the distance is at least that
    const far = distance(host, other);
    if (far < most) near = [...near, { other, far }].sort((a, b) => a.far - b.far).slice(0, MOST_NEAREST);
    return far < most;
  });
  return near.map(({ other }) => other);
}
