import type { Problem } from '../../model/problem.ts';
import { find, make, patch, say, type ElementContent } from './elements.ts';
import { severityOf, worstFirst } from './severity.ts';
import { counted } from './words.ts';

/** So many Problems are shown at first, and so many more at each wish. */
const AT_ONCE = 25;

/** The list of Problems, worst first. */
export interface ProblemList {
  readonly show: (problems: readonly Problem[]) => void;
}

/** The list, empty at first. `openApp`: shows the details of an app. */
export function makeProblemList(openApp: (app: string) => void): ProblemList {
  let [all, most] = [[] as readonly Problem[], AT_ONCE];
  const list = find('problem-list', HTMLElement);
  const more = find('problem-more', HTMLButtonElement);
  const refresh = (): void => {
    const sorted = worstFirst(all);
    patch(list, ...sorted.slice(0, most).map((problem) => itemOf(problem, openApp)));
    say(find('problem-count', HTMLElement), all.length === 0 ? 'none' : all.length.toLocaleString('en'));
    find('problem-none', HTMLElement).hidden = all.length > 0;
    more.hidden = sorted.length <= most;
    say(more, `Show more of the other ${counted(sorted.length - most, 'problem')}`);
  };
  more.addEventListener('click', () => {
    most += 4 * AT_ONCE;
    refresh();
  });
  return {
    show: (problems) => {
      if (problems === all) return;
      all = problems;
      refresh();
    },
  };
}

function itemOf(problem: Problem, openApp: (app: string) => void): HTMLElement {
  const { code, message, hint, label } = problem;
  const severity = severityOf(problem);
  return make(
    'li',
    { class: 'problem', 'data-severity': severity },
    make(
      'p',
      { class: 'problem-head' },
      make('span', { class: 'badge' }, severity),
      ownerOf(problem, openApp),
      label === undefined ? undefined : make('code', {}, label),
      make('span', { class: 'code' }, code),
    ),
    make('p', { class: 'problem-text' }, message),
    make('p', { class: 'problem-hint' }, make('b', {}, 'What to do: '), hint),
  );
}

/** Who can mend it: an app, whose details a click shows, or the operator. */
function ownerOf({ owner }: Problem, openApp: (app: string) => void): ElementContent {
  if (owner.by === 'operator') return make('strong', {}, 'load balancer');
  const { app, index } = owner;
  const port = index === undefined ? '' : `, port ${index}`;
  const open = (): void => {
    openApp(app);
  };
  return make('span', {}, make('button', { type: 'button', class: 'link', onclick: open }, app), port);
}
