import type { Blame, RefusalReading } from './read-refusal.ts';
import { hideSecrets } from '../lib/secrets.ts';
import { sentence } from '../lib/sentence.ts';
import type { Problem } from '../model/problem.ts';

/** Whom a refusal is about, as Problems; at least one. */
export function describeBlame(
  { blamed, operator, unknown }: Pick<RefusalReading, 'blamed' | 'operator' | 'unknown'>,
  effect = STAYS,
): readonly Problem[] {
  const problems = [
    ...blamed.map(ofApp),
    ...operator.map((sentence) => ofOperator(sentence, 'mend the template', effect)),
    ...unknown.map((words) =>
      ofOperator(`HAProxy does not take the configuration, and names nobody: ${words}`, 'look at what changed last', effect),
    ),
  ];
  const [none, hint] = ['HAProxy does not take the configuration, and gives no reason', "run 'haproxy -c' on it"];
  return problems.length > 0 ? problems : [ofOperator(none, hint, effect)];
}

/** Whether HAProxy refuses a port for the servers that it has at the moment: two of one name, or of one id. */
export function dependsOnServers({ words, line, template }: Blame): boolean {
  const isOfServers =
    template?.startsWith('HAPROXY_BACKEND_SERVER_') === true || line?.startsWith('server ') === true || /\bserver\b/.test(words);
  return isOfServers && /already|previous|duplicat|declared|defined at/i.test(words);
}

function ofApp(blame: Blame): Problem {
  const { owner, words, template, label, line } = blame;
  const until = dependsOnServers(blame) ? 'its labels or its tasks change' : 'its labels change';
  const what = template === undefined ? 'the configuration with' : `${template} of`;
  const shown = line === undefined || line === '' || SECRET.test(line) ? '' : `, in the line '${line}'`;
  return {
    code: 'refused-by-haproxy',
    owner,
    ...(label !== undefined && { label }),
    message: hideSecrets(`HAProxy does not take ${what} ${owner.app}, port ${owner.index ?? 0}: ${words}${shown}`),
    hint: `${label === undefined ? 'mend the label that it comes from' : `mend ${label}`}; the app's port is left out until ${until}`,
  };
}

/** What shows only at the reload, and is no app's fault: HAProxy's words, and that they are about the operator's part. */
export function describeReload({ error, hasEnded }: { readonly error: unknown; readonly hasEnded: boolean }): Problem {
  const ended = hasEnded ? ', and HAProxy has ended by it and was started again with the configuration before' : '';
  return ofOperator(
    `HAProxy passes the configuration with -c, but does not take it at the reload${ended}: ${sentence(error)}`,
    "mend what it names in the operator's templates, flags or machine; it is not tried again before the configuration is another",
  );
}

/** A user of a userlist, with the password. */
const SECRET = /^user\s|password/;

/** What comes of a refusal that is nobody's but the operator's: where HAProxy has taken something before, where it has not, and what is done then. */
const STAYS = 'the configuration before it stays in place';
export const NOTHING_SERVES = 'HAProxy has taken no configuration yet, so that nothing is served';
export const DEFAULTED = 'the default template is used in its place until the load balancer is started again';

function ofOperator(message: string, hint: string, effect = STAYS): Problem {
  return { code: 'refused-by-haproxy', owner: { by: 'operator' }, message: hideSecrets(message), hint: `${hint}; ${effect}` };
}

/** The operator's templates that such sentences name. */
export function templatesIn(operator: readonly string[]): readonly string[] {
  return [...new Set(operator.flatMap((sentence) => /the operator's template (HAPROXY_\w+)/.exec(sentence)?.[1] ?? []))];
}
