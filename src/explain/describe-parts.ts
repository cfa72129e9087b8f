import type { AnswerExplanation, PortExplanation, RuleExplanation, ServerExplanation, TaskExplanation } from './shapes.ts';

/** So many rules and tasks are told one by one. */
const MOST = 20;

/** A port of an app, in lines. */
export function describePort(port: PortExplanation): readonly string[] {
  const { index, servicePort, mode, backend, served, bind, servers, rules, leftOut } = port;
  const what = servicePort === null ? '' : `, service port ${servicePort}`;
  return [
    `port ${index}${what}${mode === null ? '' : ` (${mode})`}: ${served ? 'served' : 'not served'}`,
    ...leftOut.map(({ why, text }) => `  left out (${why}): ${text}`),
    ...(backend === null ? [] : [bind === null ? '  not bound' : `  bound on ${bind}`]),
    ...inSpare(port).map((line) => `  ${line}`),
    ...waysOf(port),
    ...some(
      rules.filter(isDecision).map((rule) => `  ${describeRule(rule)}`),
      '  ',
    ),
    ...(backend === null ? [] : serversOf(backend, servers).map((line) => `  ${line}`)),
  ];
}

/** HAProxy has no rules for a port that a spare backend serves; rows of map files lead to it. */
function inSpare({ spare }: PortExplanation): readonly string[] {
  return spare === null ? [] : [`in HAProxy it is the spare backend ${spare}, by rows of map files, until the next reload`];
}

/** Lists only the rules. The ACLs that they name are in the JSON. */
function isDecision({ line }: RuleExplanation): boolean {
  return !line.startsWith('acl ');
}

function waysOf({ routes, lostHosts, auth, redirectToHttps, allowedNetworks }: PortExplanation): readonly string[] {
  const hosts = routes.map(({ host, path }) => (path === null ? host : `${host} (paths ${path})`));
  return [
    ...(hosts.length === 0 ? [] : [`  virtual hosts: ${some(hosts, '').join(', ')}`]),
    ...(lostHosts.length === 0 ? [] : [`  named, but do not lead here: ${some(lostHosts, '').join(', ')}`]),
    ...(auth ? ['  the shared frontends ask for a user and password'] : []),
    ...(redirectToHttps ? ['  http is redirected to https'] : []),
    ...(allowedNetworks.length === 0 ? [] : [`  only for clients from ${allowedNetworks.join(' ')}`]),
  ];
}

function serversOf(backend: string, servers: readonly ServerExplanation[]): readonly string[] {
  if (servers.length === 0) return [`backend ${backend} has no server, so HAProxy answers 503`];
  return some(
    servers.map(({ address, port, task, state }) => `server ${address}:${port}, task ${task}: ${STATES[state]}`),
    '',
  );
}

const STATES = { serves: 'serves', draining: 'gets no new clients, as a newer task replaces it' } as const satisfies Record<
  ServerExplanation['state'],
  string
>;

/**
 * What a frontend does with a request, in lines. `before` is what the frontend described just before does with it: servers of the same backend are
 * not listed twice.
 */
export function describeAnswer(answer: AnswerExplanation, before?: AnswerExplanation | null): readonly string[] {
  const { port, backend, split, rule, labels, auth, unsure, text, tasks, checks } = answer;
  const who = port === null ? `backend ${backend ?? ''}` : `port ${port.index} of ${port.author}, backend ${backend ?? ''}`;
  return [
    ...(backend === null ? [] : [split.length === 0 ? `answered by ${who}` : `answered by one of a split, such as ${who}`]),
    ...split.map((share) => `  ${share.percent} of 100 requests: backend ${share.backend}`),
    ...(port === null ? [] : inSpare(port)),
    ...(text === null ? [] : [text]),
    ...(rule === null ? [] : [`by ${describeRule(rule)}`]),
    ...(labels.length === 0 ? [] : [`from ${labels.join(', ')}`]),
    ...(auth ? ['a user and password are asked for'] : []),
    ...unsure.map((one) => `may be taken before that by ${describeRule(one)}, which can't be judged here`),
    ...(backend !== null && before?.backend === backend
      ? ['the same servers']
      : [...(port === null || backend === null ? [] : serversOf(backend, port.servers)), ...tasks.flatMap(describeTask), ...checks]),
  ];
}

/** A task in one line, with all reasons why it does not serve. */
export function describeTask(one: TaskExplanation): readonly string[] {
  const { task, state, health, passedUntil, startedAt, serves, draining, leftOut } = one;
  const since = startedAt === null ? '' : `, runs since ${startedAt}`;
  const facts = `${state === '' ? 'state unknown' : state}, health ${health}${sinceOf(health, passedUntil)}${since}`;
  if (serves.length > 0 && leftOut.length === 0) return [`task ${task}: ${draining ? 'drains' : 'serves'} (${facts})`];
  const reasons = leftOut.map(({ why, text, port }) => `${port === null ? '' : `for port ${port} `}left out (${why}): ${text}`);
  const words = reasons.length === 0 ? ['serves nothing, as no port of its app is served'] : reasons;
  return [`task ${task}: ${serves.length > 0 ? 'serves, but ' : ''}${words.join('; ')} (${facts})`];
}

function describeRule({ where, line, label }: RuleExplanation): string {
  return `'${line}' in ${where}${label === null ? '' : ` (${label})`}`;
}

function some(lines: readonly string[], before: string): readonly string[] {
  return lines.length > MOST ? [...lines.slice(0, MOST), `${before}and ${lines.length - MOST} more`] : lines;
}

/** Since when a check fails. */
function sinceOf(health: TaskExplanation['health'], passedUntil: string | null): string {
  if (health !== 'dead' && health !== 'failing') return '';
  return passedUntil === null ? ', no check of it that fails has ever passed' : `, a check fails that has passed until ${passedUntil}`;
}
