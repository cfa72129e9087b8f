import type { HaproxyChange } from '../../admin/change.ts';
import type { Problem } from '../../model/problem.ts';
import { openAddress, type Address } from './address.ts';
import { makeDetails, type Details } from './app-details.ts';
import { makeApps, type Apps } from './apps.ts';
import { makeChangeList, withChange } from './changes.ts';
import { find, say } from './elements.ts';
import { makeBoard, type Board, type PageKnowledge } from './known.ts';
import { listen } from './live.ts';
import { makeProblemList } from './problems.ts';
import { askAll, type Questions } from './questions.ts';
import { problemKey, severityOf } from './severity.ts';
import type { StorySentence } from './shapes.ts';
import { showStory } from './story.ts';
import { makeTraffic } from './traffic.ts';
import { showVerdict } from './verdict.ts';
import { makeWay, type WayForm } from './way.ts';

/** Connects all parts of the page. */
function main(): void {
  const address = openAddress();
  const details = makeDetails(address);
  const way = makeWay(address, details.open);
  const board = makeBoard(makeShow(details));
  const apps: Apps = makeApps({
    address,
    open: details.open,
    scrolled: () => {
      questions.figures.soon();
    },
  });
  const questions = askAll({ board, apps, details, traffic: makeTraffic() });
  hear({ board, questions, way });
  followAddress(address, [apps, way, details]);
}

/** Shows what is known, except the list of apps and the graphs, which take what is new themselves. */
function makeShow(details: Details): (known: PageKnowledge, now: Date) => void {
  const [problemList, changeList] = [makeProblemList(details.open), makeChangeList()];
  return (known, now) => {
    const { status, problems, changes, stats, silentSince } = known;
    const severities = problems.map(severityOf);
    const critical = severities.filter((one) => one === 'critical').length;
    const serious = severities.filter((one) => one !== 'minor').length;
    showVerdict({ status, silentSince, stats, problems: { critical, serious, all: problems.length } }, now);
    document.body.dataset['live'] = silentSince === undefined ? 'yes' : 'no';
    say(find('live', HTMLElement), silentSince === undefined ? 'live' : 'no answer');
    say(find('machine', HTMLElement), status === undefined ? '' : `${status.machine} · ${status.version}`);
    problemList.show(problems);
    changeList.show(changes, now);
  };
}

interface Hearing {
  readonly board: Board;
  readonly questions: Questions;
  readonly way: WayForm;
}

/** Takes what is told as it happens, and asks for what follows from it. */
function hear({ board, questions, way }: Hearing): void {
  const { status, overview, figures } = questions;
  const soon = (...some: readonly (typeof status)[]): void => {
    for (const one of some) one.soon();
  };
  const without = (gone: Problem): readonly Problem[] => board.known().problems.filter((one) => problemKey(one) !== problemKey(gone));
  const events: Readonly<Record<string, (data: unknown) => void>> = {
    change: (data) => {
      const change = data as HaproxyChange;
      board.learn({ changes: withChange(board.known().changes, change) });
      if (change.result === 'reload') stream.renew();
      soon(status, overview, figures);
      void way.refresh();
    },
    problem: (data) => {
      board.learn({ problems: [...without(data as Problem), data as Problem] });
      soon(status, overview);
    },
    'problem-gone': (data) => {
      board.learn({ problems: without(data as Problem) });
      soon(status, overview);
    },
    story: (data) => {
      showStory(data as StorySentence);
    },
  };
  const stream = listen({
    heard: (event, data) => events[event]?.(data),
    attached: () => {
      soon(...Object.values(questions));
    },
    lost: () => {
      soon(...Object.values(questions));
    },
  });
}

/** Shows what the address bar says, now and whenever the reader goes back or forth. */
function followAddress(address: Address, parts: readonly { readonly follow: () => void }[]): void {
  const follow = (): void => {
    for (const one of parts) one.follow();
  };
  address.moved(follow);
  follow();
}

main();
