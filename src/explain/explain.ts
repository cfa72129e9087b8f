import type { AppId } from '../model/names.ts';
import type { View } from '../model/view.ts';
import { explainApp } from './app.ts';
import { explainPort } from './bind.ts';
import { makeLookup, type Lookup } from './lookup.ts';
import type { Question } from './question.ts';
import { explainRoute } from './route.ts';
import type { Explanation } from './shapes.ts';

/** The answer to a question about a View; undefined where it is about an app that Marathon does not have. */
export function explain(view: View | Lookup, question: Question): Explanation | undefined {
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
