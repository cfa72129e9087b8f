import type { Blame, RefusalReading } from './read-refusal.ts';
import { hideSecrets } from '../lib/secrets.ts';
import { sentence } from '../lib/sentence.ts';
import type { Problem } from '../model/problem.ts';

/** Whom a refusal is about, as Problems; at least one. */
export function describeBlame({ blamed, operator, unknown }: Pick<RefusalReading, 'blamed' | 'operator' | 'unknown'>): readonly Problem[] {
  const problems = [
    ...blamed.map(ofApp),
    ...operator.map((sentence) => ofOperator(sentence, 'mend the template')),
    ...unknown.map((words) =>
      ofOperator(`HAProxy does not take the configuration, and names nobody: ${words}`, 'look at what changed last'),
    ),
  ];
  const [none, hint] = ['HAProxy does not take the configuration, and gives no reason', "run 'haproxy -c' on it"];
  return problems.length > 0 ? problems : [ofOperator(none, hint)];
}

function ofApp({ owner, words, template, label, line }: Blame): Problem {
  const what = template === undefined ? 'the configuration with' : `${template} of`;
  const shown = line === undefined || line === '' || SECRET.test(line) ? '' : `, in the line '${line}'`;
  return {
    code: 'refused-by-haproxy',
    owner,
    ...(label !== undefined && { label }),
    message: hideSecrets(`HAProxy does not take ${what} ${owner.app}, port ${owner.index ?? 0}: ${words}${shown}`),
    hint: `${label === undefined ? 'mend the label that it comes from' : `mend ${label}`}; the app's port is left out until its labels change`,
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

function ofOperator(message: string, hint: string): Problem {
  return {
    code: 'refused-by-haproxy',
    owner: { by: 'operator' },
    message: hideSecrets(message),
    hint: `${hint}; the configuration before it stays in place`,
  };
}
