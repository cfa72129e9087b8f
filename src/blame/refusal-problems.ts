import type { Blame, RefusalReading } from './read-refusal.ts';
import { hideInLines } from '../lib/secrets.ts';
import { sentence } from '../lib/sentence.ts';
import type { Problem } from '../model/problem.ts';

/** What happens after a refusal, for the hints. */
export interface Effects {
  /** What happens to the configuration, where the operator is to blame. */
  readonly effect?: string;
  /** What may pass by itself is tried again. */
  readonly triesAgain?: boolean;
}

/** The Problems that report a refusal; at least one. Each hint says at its end what happens now. */
export function describeBlame(
  { blamed, operator, unknown }: Pick<RefusalReading, 'blamed' | 'operator' | 'unknown'>,
  { effect = STAYS, triesAgain = false }: Effects = {},
): readonly Problem[] {
  const problems = [
    ...blamed.map((blame) => ofApp(blame, triesAgain)),
    ...operator.map((sentence) => ofOperator(sentence, isOfHead(sentence) ? MEND_HEAD : 'mend the template', effect)),
    ...unknown.map((words) =>
      ofOperator(`HAProxy does not accept the configuration, and names no app or template: ${words}`, 'look at what changed last', effect),
    ),
  ];
  const [none, hint] = ['HAProxy does not accept the configuration, and gives no reason', "run 'haproxy -c' on it"];
  return problems.length > 0 ? problems : [ofOperator(none, hint, effect)];
}

/** Whether HAProxy refuses a port because of its current servers: two with the same name, or with the same id. */
export function dependsOnServers({ words, line, template }: Blame): boolean {
  const isOfServers =
    template?.startsWith('HAPROXY_BACKEND_SERVER_') === true || line?.startsWith('server ') === true || /\bserver\b/.test(words);
  return isOfServers && /already|previous|duplicat|declared|defined at/i.test(words);
}

/** Whether a refusal may end without a change of the configuration: a name may resolve, a file or a user may be there later. */
export function passesByItself(words: string): boolean {
  return (
    isOfName(words) ||
    /No such file or directory|Permission denied|failed to open|error opening|unknown (?:user|group) name/i.test(words) ||
    /(?:cannot|could not|couldn't|can't|unable to) (?:open|stat|load|read|access)/i.test(words)
  );
}

/** Whether a host name does not resolve. HAProxy uses the same words for an invalid address. */
function isOfName(words: string): boolean {
  return /could not resolve address|invalid address: '/.test(words);
}

/** What to look at on the machine when a refusal may pass by itself. */
function patience(words: string): string {
  const what = isOfName(words) ? 'the name resolves' : 'what the message names is there and HAProxy may read it,';
  return `see that ${what} on the load balancer's machine`;
}

function ofApp(blame: Blame, triesAgain: boolean): Problem {
  const { owner, words, template, label, line } = blame;
  const passes = triesAgain && passesByItself(words);
  const until = passes ? 'HAProxy accepts it, and is tried again after growing waits' : untilOf(blame);
  const mend = mendOf(blame);
  const what = template === undefined ? 'the configuration with' : `${template} of`;
  const shown = line === undefined || line === '' || SECRET.test(line) ? '' : `, in the line '${line}'`;
  return {
    code: 'refused-by-haproxy',
    owner,
    ...(label !== undefined && { label }),
    message: hideInLines(`HAProxy does not accept ${what} ${owner.app}, port ${owner.index ?? 0}: ${words}${shown}`),
    hint: `${passes ? `${patience(words)}, or ${mend}` : mend}; the app's port is left out until ${until}`,
  };
}

/** What to do about a refused line, with the words that HAProxy accepts where they are known. */
function mendOf({ label, words }: Blame): string {
  const mend = label === undefined ? 'mend the label that the line comes from' : `mend ${label}`;
  const isOfHeaders = words.includes('hiding headers or body at the end of the version string');
  return isOfHeaders ? `${mend}: write 'option httpchk GET / HTTP/1.1' and, on a line of its own, 'http-check send hdr Host shop'` : mend;
}

function untilOf(blame: Blame): string {
  return `${dependsOnServers(blame) ? 'its labels or its tasks change' : 'its labels change'}${besideWords(blame)}`;
}

function besideWords({ beside: [first, ...more] = [] }: Blame): string {
  if (first === undefined) return '';
  return `, or those of ${first.app}${more.length > 0 ? ' and others' : ''}, which ${more.length > 0 ? 'have' : 'has'} a part in it`;
}

/**
 * The Problem for a configuration that `haproxy -c` accepts but the reload refuses, which is no app's fault. It gives HAProxy's words and says that
 * they concern the operator's part.
 */
export function describeReload({ error, hasEnded, isFirst }: ReloadWords): Problem {
  const ended = hasEnded ? '; HAProxy ended and was started again with the previous configuration' : '';
  const when = isFirst === true ? 'the start' : 'the reload';
  return ofOperator(
    `HAProxy accepts the configuration with -c, but refuses it at ${when}${ended}: ${sentence(error)}`,
    "mend what the message names in the operator's templates, flags or machine; the configuration is not tried again before it changes",
    isFirst === true ? NOTHING_SERVES : STAYS,
  );
}

/** The error of a reload; whether HAProxy ended at it, and whether it was the first start. */
interface ReloadWords {
  readonly error: unknown;
  readonly hasEnded: boolean;
  readonly isFirst?: boolean;
}

/** Lines of a userlist that hold a user's password. */
const SECRET = /^user\s|password/;

/** The end of a hint, after a refusal that the operator has to mend: HAProxy had accepted an earlier configuration. */
const STAYS = 'the previous configuration stays in place';
/** The end of a hint, after a refusal that may pass by itself. */
export const TRIED_AGAIN = 'it is tried again after growing waits, and the previous configuration stays in place until then';
/** The end of a hint, after a refusal that the operator has to mend: HAProxy has accepted no configuration yet. */
export const NOTHING_SERVES = 'HAProxy has accepted no configuration yet, so nothing is served';
/** The end of a hint, where the default template is used because HAProxy refused the operator's. */
export const DEFAULTED = 'the default template is used in its place until the load balancer is started again';

function ofOperator(message: string, hint: string, effect = STAYS): Problem {
  return { code: 'refused-by-haproxy', owner: { by: 'operator' }, message: hideInLines(message), hint: `${hint}; ${effect}` };
}

/** The head has the values of flags in its lines, also when it is the default one. */
const MEND_HEAD =
  'mend the template, or the flag or variable that the line comes from (--default-options, --haproxy-log, --nbthread, --maxconn)';

function isOfHead(sentence: string): boolean {
  return /template HAPROXY_HEAD\b/.test(sentence);
}

/** The names of the operator's templates in the sentences of `RefusalReading.operator`. */
export function templatesIn(operator: readonly string[]): readonly string[] {
  return [...new Set(operator.flatMap((sentence) => /the operator's template (HAPROXY_\w+)/.exec(sentence)?.[1] ?? []))];
}
