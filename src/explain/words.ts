import { count } from '../lib/count.ts';
import { told } from './told.ts';
import type { Problem } from '../model/problem.ts';
import { describeAnswer, describePort, describeTask } from './describe-parts.ts';
import type { AppExplanation, BindExplanation, ClaimExplanation, Explanation, RouteExplanation } from './shapes.ts';

/** An explanation for a person, a line for each thing, each with its line end. */
export function describe(explanation: Explanation): string {
  return `${linesOf(explanation).join('\n')}\n`;
}

function linesOf(explanation: Explanation): readonly string[] {
  const lines = wordsOf(explanation);
  return [
    ...lines,
    ...problemLines('problems', explanation.problems),
    ...problemLines('the load balancer itself', explanation.loadBalancer),
  ];
}

function wordsOf(explanation: Explanation): readonly string[] {
  switch (explanation.kind) {
    case 'app':
      return appLines(explanation);
    case 'route':
      return routeLines(explanation);
    case 'port':
      return bindLines(explanation);
  }
}

function appLines({ app, served, servedAs, instances, network, ports, tasks, checks, labels }: AppExplanation): readonly string[] {
  const group = servedAs === null ? '' : `, as a part of the deployment group ${servedAs}`;
  return [
    `${app} is ${served ? 'served' : 'not served'}${group}`,
    `${count(instances, 'instance')} wanted, ${count(tasks.length, 'task')}, network ${network}`,
    ...ports.flatMap((port) => ['', ...describePort(port)]),
    ...(ports.length === 0 ? ['', 'the app has no port that a load balancer could serve'] : []),
    ...(tasks.length === 0 ? [] : ['', 'tasks', ...tasks.flatMap(describeTask).map(indent)]),
    ...(checks.length === 0 ? [] : ['', "Marathon's health checks", ...checks.map(indent)]),
    ...(labels.length === 0 ? [] : ['', 'labels', ...labels.map(labelLine).map(indent)]),
  ];
}

function labelLine({ name, value, counts, problem }: AppExplanation['labels'][number]): string {
  const effect = { yes: '', partly: ' (counts, but see below)', no: ' (has no effect)' }[counts];
  return `${name}=${JSON.stringify(value)}${effect}${problem === null ? '' : `: ${problem}`}`;
}

function routeLines({ host, path, served, http, https, others, nearest, meant }: RouteExplanation): readonly string[] {
  return [
    `${host}${path} is ${served ? 'served' : 'not served'}`,
    ...(nearest.length === 0
      ? []
      : [`no app has the host ${host}; the nearest ${nearest.length === 1 ? 'one is' : 'ones are'} ${nearest.join(', ')}`]),
    ...(meant === null ? [] : [`perhaps ${meant} is meant: explain ${meant}`]),
    ...(http === null ? [] : ['', 'http', ...describeAnswer(http).map(indent)]),
    ...(https === null ? [] : ['', 'https', ...describeAnswer(https, http).map(indent)]),
    ...(http === null && https === null ? ['', 'there are no shared frontends here (--dont-bind-http-https)'] : []),
    ...claimLines(others, 'others that name this host'),
  ];
}

function bindLines({ port, served, binds, others, taken }: BindExplanation): readonly string[] {
  return [
    `port ${port} is ${served ? 'served' : 'not served'}`,
    ...taken.map((why) => `another process has it: ${why}`),
    ...(binds.length === 0 ? ['no frontend binds it'] : []),
    ...binds.flatMap(({ section, answer }) =>
      answer === null
        ? ['', `bound by '${section}', a frontend of the load balancer: ask for a host, or for an app`]
        : ['', `bound by '${section}'`, ...describeAnswer(answer).map(indent)],
    ),
    ...claimLines(others, 'ports that would have it'),
  ];
}

function claimLines(claims: readonly ClaimExplanation[], title: string): readonly string[] {
  if (claims.length === 0) return [];
  const lines = claims.map(({ app, index, text }) => `port ${index} of ${app}: ${text}`);
  return ['', title, ...lines.map(indent)];
}

function problemLines(title: string, problems: readonly Problem[]): readonly string[] {
  if (problems.length === 0) return [];
  const lines = problems.map((problem) => `${told(problem)} (${problem.hint})`);
  return ['', title, ...lines.map(indent)];
}

function indent(line: string): string {
  return `  ${line}`;
}
