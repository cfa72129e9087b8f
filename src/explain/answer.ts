import { hideInLines } from '../lib/secrets.ts';
import type { Section } from '../model/document.ts';
import type { Front, Service } from '../model/service.ts';
import type { ViewLookup } from './view-lookup.ts';
import { NO_ANSWER_SENTENCES, type NoAnswerReason } from './no-answer.ts';
import { explainService } from './ports.ts';
import type { Rule } from './rules.ts';
import type { Request } from './samples.ts';
import type { AnswerExplanation, RuleExplanation } from './shapes.ts';
import { describeCheck, explainTasks } from './tasks.ts';
import { sharesOf } from './split-shares.ts';
import { walk, type RequestOutcome } from './walk.ts';

/** Explains which backend or rule of a frontend answers a request. */
export function explainAnswer(lookup: ViewLookup, entry: Section, request: Request): AnswerExplanation {
  const outcome = walk(entry, request, lookup.view.document);
  const { action, backend, auth, unsure } = outcome;
  const service = backend === undefined ? undefined : lookup.backend(backend);
  const served = (service?.backend.servers.length ?? 0) > 0 || (action === 'backend' && service === undefined);
  const why = served ? null : service?.front.isShut === true ? 'shut' : WHY[action];
  return {
    action,
    served,
    rule: ruleOf(outcome),
    labels: labelsOf(outcome, service),
    backend: backend ?? null,
    split: sharesOf(outcome.row?.value, lookup.view.document.maps),
    port: service === undefined ? null : explainService(service, lookup),
    ...(served ? { tasks: [], checks: [] } : tasksOf(lookup, service)),
    auth: auth.length > 0 || asksInBackend(service, request),
    unsure: unsure.map((rule) => shownRule(rule)),
    why,
    text: why === null ? null : NO_ANSWER_SENTENCES[why],
  };
}

/** Whether a port of the routing table asks for a password: its backend does, and over http only where it is not redirected. */
function asksInBackend(service: Service | undefined, { secure }: Request): boolean {
  const front = service?.front;
  return front?.table !== undefined && front.auth !== undefined && (secure || !front.redirectToHttps);
}

const WHY = { nothing: 'no-host', backend: 'no-server', deny: 'denied', redirect: 'redirected' } as const satisfies Record<
  RequestOutcome['action'],
  NoAnswerReason
>;

function ruleOf({ rule, key, backend, row }: RequestOutcome): RuleExplanation | null {
  if (rule === undefined) return null;
  if (row !== undefined) return { where: row.file, line: `${row.key} ${row.value}`, label: null };
  if (key === undefined || backend === undefined) return shownRule(rule);
  const [, file = ''] = /,map\w*\((?:[^,)]*\/)?([^,)]+)/.exec(rule.words[1] ?? '') ?? [];
  return { where: file, line: `${key} ${backend}`, label: null };
}

function shownRule({ line, where, fragment: { label } }: Rule): RuleExplanation {
  return { where, line: hideInLines(line), label: label ?? null };
}

/** The labels that make a rule: those of the port's hosts and paths, and a template of its own. */
function labelsOf({ rule, backend, row }: RequestOutcome, service: Service | undefined): readonly string[] {
  const owner = rule?.fragment.owner;
  const [index, front] = owner?.by === 'app' ? [owner.index ?? 0, service?.front] : [service?.front.index, service?.front];
  if (rule === undefined || index === undefined || backend === undefined)
    return rule?.fragment.label === undefined ? [] : [rule.fragment.label];
  if (row !== undefined && front !== undefined) return tableLabels(front, row.key).map((name) => `HAPROXY_${index}_${name}`);
  const [route] = front?.routes ?? [];
  return [
    ...(rule.fragment.label === undefined ? [] : [rule.fragment.label]),
    ...(route === undefined ? [] : [`HAPROXY_${index}_VHOST`]),
    ...(route?.path === undefined ? [] : [`HAPROXY_${index}_PATH`]),
  ];
}

/** The labels of a port because of which the routing table has a row for it: `web.acme.org/api`, `*.acme.org`, `*`. */
function tableLabels({ table, split }: Front, key: string): readonly string[] {
  const [isOfAll, hasPath] = [/^\*(?:\/|$)/.test(key), key.includes('/')];
  return [
    ...(isOfAll ? [] : ['VHOST']),
    ...(isOfAll && !hasPath ? ['DEFAULT'] : []),
    ...(hasPath ? ['PATH'] : []),
    ...(hasPath && table !== 'prefix' ? ['PATH_TYPE'] : []),
    ...(split === undefined ? [] : ['SPLIT']),
  ];
}

function tasksOf(lookup: ViewLookup, service: Service | undefined): Pick<AnswerExplanation, 'tasks' | 'checks'> {
  if (service === undefined) return { tasks: [], checks: [] };
  const { app } = service.front;
  const parts = { services: lookup.services(app), leftOut: lookup.leftOut(app) };
  const members = lookup.members(app);
  return {
    tasks: members.flatMap((member) => explainTasks(member, parts)),
    checks: (members[0]?.definition.checks ?? []).map(describeCheck),
  };
}
