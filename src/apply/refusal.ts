import { fragmentAt } from '../haproxy/text.ts';
import type { Document } from '../model/document.ts';
import type { Owner, Problem } from '../model/problem.ts';

/** What `haproxy -c` had against a document, as Problems: each line that it names leads to a fragment, and so to an owner. */
export function describeRefusal(lines: readonly string[], document: Document): readonly Problem[] {
  const problems = lines.filter((line) => !/Error\(s\) found|Fatal errors found/.test(line)).map((line) => describeLine(line, document));
  return problems.length > 0 ? problems : [describeLine(lines.join(' ') || 'it gave no reason', document)];
}

function describeLine(line: string, document: Document): Problem {
  const words = line.replace(/^\[\w+\]\s*\(\d+\)\s*:\s*(?:config\s*:\s*)?/, '').trim();
  const at = /\[[^\]\s]+:(\d+)\]/.exec(words)?.[1];
  const fragment = at === undefined ? undefined : fragmentAt(document, Number(at));
  const owner: Owner = fragment?.owner ?? { by: 'operator' };
  const who = owner.by === 'app' ? ` (${fragment?.template ?? ''} of ${owner.app}, port ${owner.index ?? 0})` : '';
  return {
    code: 'refused-by-haproxy',
    owner,
    message: `HAProxy does not take the configuration${who}: ${words}`,
    hint: 'the configuration before it stays in place; mend the label or template that the line comes from',
  };
}
