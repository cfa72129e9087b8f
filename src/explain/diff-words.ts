import type { Reason } from '../model/document.ts';
import { told } from './told.ts';
import { wordsOfLooked } from './check-formats.ts';
import type { AppDiff, CommonDiff, DiffReport, KnownFrom } from './diff.ts';
import type { BackendDiff } from './diff-backends.ts';
import type { RouteDiff } from './diff-routes.ts';

/** So many of a list are told one by one. */
const MOST = 20;

/** What would change, for a person. */
export function describeDiff({ same, against, apps, common, plan, problems, known, haproxy }: DiffReport): string {
  const lines = [
    same ? `nothing would change against ${against}` : `what would change against ${against}:`,
    ...apps.flatMap(appLines),
    ...common.flatMap(commonLines),
    ...(plan === null || same ? [] : ['', ...stepLines('commands, at once', plan.commands), ...stepLines('a reload', plan.reload)]),
    ...(problems.length === 0 ? [] : ['', 'problems', ...some(problems.map(told))]),
    '',
    KNOWN[known],
    wordsOfLooked(haproxy),
  ];
  return `${lines.join('\n')}\n`;
}

const KNOWN = {
  daemon: 'who holds which host and port, and what HAProxy has refused, is known from the daemon that runs',
  'state-dir': 'who holds which host and port is known from the last run, by its record in --state-dir',
  nowhere: 'who held which host and port is not known: no daemon runs in --run-dir, and --state-dir has no record',
} as const satisfies Record<KnownFrom, string>;

function appLines({ app, backends, routes }: AppDiff): readonly string[] {
  return ['', app ?? 'no app any more', ...backends.flatMap(backendLines), ...some(routes.map(routeLine))];
}

function backendLines(one: BackendDiff): readonly string[] {
  const { backend, change, serversAdded, serversRemoved, serversChanged, bindBefore, bindAfter, linesAdded, linesRemoved } = one;
  const isRebound = bindBefore.length + bindAfter.length > 0;
  return [
    `  backend ${backend} is ${change}`,
    ...(isRebound
      ? [`    bound on ${bindAfter.join(' ') || 'nothing'}${change === 'added' ? '' : `, before on ${bindBefore.join(' ') || 'nothing'}`}`]
      : []),
    ...some([
      ...serversAdded.map((address) => `+ server ${address}`),
      ...serversRemoved.map((address) => `- server ${address}`),
      ...serversChanged.map((address) => `~ server ${address}, its options`),
    ]).map(deeper),
    ...some([...linesAdded.map((line) => `+ ${line}`), ...linesRemoved.map((line) => `- ${line}`)]).map(deeper),
  ];
}

function routeLine({ scheme, host, path, before, after }: RouteDiff): string {
  return `${scheme}://${host}${path.startsWith('/') ? '' : ' '}${path}: ${after}, before ${before}`;
}

function commonLines({ backends, linesAdded, linesRemoved }: CommonDiff): readonly string[] {
  const lines = [...linesAdded.map((line) => `+ ${line}`), ...linesRemoved.map((line) => `- ${line}`)];
  const named = backends.slice(0, 3).join(', ');
  return ['', `in ${backends.length} backends (${named}${backends.length > 3 ? ', …' : ''})`, ...some(lines)];
}

function stepLines(title: string, reasons: readonly Reason[]): readonly string[] {
  if (reasons.length === 0) return [];
  return [title, ...some(reasons.map(({ code, subject, detail }) => `${code} ${subject}${detail === '' ? '' : `: ${detail}`}`))];
}

function some(lines: readonly string[]): readonly string[] {
  const all = lines.length > MOST ? [...lines.slice(0, MOST), `and ${lines.length - MOST} more`] : lines;
  return all.map((line) => `  ${line}`);
}

function deeper(line: string): string {
  return `  ${line}`;
}
