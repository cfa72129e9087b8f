import type { Blame, RefusalReading } from './read-refusal.ts';
import { hideSecrets } from '../lib/secrets.ts';
import { sentence } from '../lib/sentence.ts';
import type { Problem } from '../model/problem.ts';

/** The Problems that report a refusal; at least one. `effect` says what happens to the configuration, at the end of each hint. */
export function describeBlame(
  { blamed, operator, unknown }: Pick<RefusalReading, 'blamed' | 'operator' | 'unknown'>,
  effect = STAYS,
): readonly Problem[] {
  const problems = [
    ...blamed.map(ofApp),
    ...operator.map((sentence) => ofOperator(sentence, 'mend the template', effect)),
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

function ofApp(blame: Blame): Problem {
  const { owner, words, template, label, line } = blame;
  const until = dependsOnServers(blame) ? 'its labels or its tasks change' : 'its labels change';
  const what = template === undefined ? 'the configuration with' : `${template} of`;
  const shown = line === undefined || line === '' || SECRET.test(line) ? '' : `, in the line '${line}'`;
  return {
    code: 'refused-by-haproxy',
    owner,
    ...(label !== undefined && { label }),
    message: hideSecrets(`HAProxy does not accept ${what} ${owner.app}, port ${owner.index ?? 0}: ${words}${shown}`),
    hint: `${label === undefined ? 'mend the label that the line comes from' : `mend ${label}`}; the app's port is left out until ${until}`,
  };
}

/**
 * The Problem for a configuration that `haproxy -c` accepts but the reload refuses, which is no app's fault. It gives HAProxy's words and says that
 * they concern the operator's part.
 */
export function describeReload({ error, hasEnded }: { readonly error: unknown; readonly hasEnded: boolean }): Problem {
  const ended = hasEnded ? '; HAProxy ended and was started again with the previous configuration' : '';
  return ofOperator(
    `HAProxy accepts the configuration with -c, but refuses it at the reload${ended}: ${sentence(error)}`,
    "mend what the message names in the operator's templates, flags or machine; the configuration is not tried again before it changes",
  );
}

/** Lines of a userlist that hold a user's password. */
const SECRET = /^user\s|password/;

/**
 * What happens to the configuration after a refusal that the operator has to mend: when HAProxy accepted a configuration before, when it did not yet,
 * and when the default template is used.
 */
const STAYS = 'the previous configuration stays in place';
export const NOTHING_SERVES = 'HAProxy has accepted no configuration yet, so nothing is served';
export const DEFAULTED = 'the default template is used in its place until the load balancer is started again';

function ofOperator(message: string, hint: string, effect = STAYS): Problem {
  return { code: 'refused-by-haproxy', owner: { by: 'operator' }, message: hideSecrets(message), hint: `${hint}; ${effect}` };
}

/** The names of the operator's templates in the sentences of `RefusalReading.operator`. */
export function templatesIn(operator: readonly string[]): readonly string[] {
  return [...new Set(operator.flatMap((sentence) => /the operator's template (HAPROXY_\w+)/.exec(sentence)?.[1] ?? []))];
}
