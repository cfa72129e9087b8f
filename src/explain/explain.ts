import { distance } from 'fastest-levenshtein';
import type { AppId } from '../model/names.ts';
import type { View } from '../model/view.ts';
import { explainApp } from './app.ts';
import { explainPort } from './bind.ts';
import { makeLookup, type ViewLookup } from './view-lookup.ts';
import { readQuestion, type ExplainQuestion } from './question.ts';
import { explainRoute } from './route.ts';
import type { Explanation } from './shapes.ts';
import { describe } from './words.ts';

/** The answer to a question about a View; undefined where it is about an app that Marathon does not have. */
export function explain(view: View | ViewLookup, question: ExplainQuestion): Explanation | undefined {
  const lookup = 'view' in view ? view : makeLookup(view);
  switch (question.about) {
    case 'app':
      return explainApp(lookup, question.app as AppId);
    case 'route':
      return explainRoute(lookup, question.host, question.path);
    case 'port':
      return explainPort(lookup, question.port);
  }
}

/** The answer to a word of the command line: `/shop`, `shop.acme.org/cart` or `:10004`. */
export interface WordAnswer {
  readonly served: boolean;
  /** Whether it is served, in a line. */
  readonly text: string;
  /** Null where the app is not there. */
  readonly explanation: Explanation | null;
}

/** Throws an Error with a sentence where the word is no question. */
export function answerTo(view: View | ViewLookup, word: string): WordAnswer {
  const question = readQuestion(word);
  const lookup = 'view' in view ? view : makeLookup(view);
  const explanation = explain(lookup, question);
  if (explanation !== undefined) return { served: explanation.served, text: describe(explanation).split('\n', 1)[0] ?? '', explanation };
  const asked = question.about === 'app' ? question.app : word;
  const near = lookup.view.snapshot.apps.map(({ id }) => ({ id, far: distance(asked, id) })).sort((a, b) => a.far - b.far);
  const nearest = near.slice(0, 3).map(({ id }) => id);
  const others =
    nearest.length === 0 ? 'it has none at all' : `the nearest ${nearest.length === 1 ? 'one is' : 'ones are'} ${nearest.join(', ')}`;
  return { served: false, text: `Marathon has no app ${asked}; ${others}`, explanation: null };
}
