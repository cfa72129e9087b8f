import { makeFiguresBook, type AskFigures } from '../../src/admin/figures.ts';
import type { LiveStatus } from '../../src/admin/live-status.ts';
import { makeOverview } from '../../src/admin/overview.ts';
import type { PageParts } from '../../src/admin/page-api.ts';
import type { Running } from '../../src/model/document.ts';
import type { StatRow } from '../../src/model/figures.ts';
import type { BackendName } from '../../src/model/names.ts';
import type { View } from '../../src/model/view.ts';

const AT = '2026-11-28T09:00:00.000Z';

const STATUS: LiveStatus = {
  at: AT,
  version: '0.1.0',
  machine: 'lb1',
  started: AT,
  ok: true,
  text: 'in step: Marathon was read 1 s ago',
  marathon: { attached: true, url: 'http://master.mesos:8080', why: null, since: AT, read: AT, staleSince: null },
  haproxy: { state: 'as-wanted', why: null, up: true, changed: null },
  unbound: [],
  apps: 1,
  tasks: 3,
  problems: 0,
};

/** A line of `show stat`. */
export function statRow(backend: string, more: Partial<StatRow> = {}): StatRow {
  return {
    iid: 7,
    backend: backend as BackendName,
    server: undefined,
    mode: 'http',
    status: 'UP',
    sessions: 0,
    requests: 0,
    errors: 0,
    usable: 1,
    answerMs: 0,
    changed: 0,
    check: '',
    ...more,
  };
}

interface Given {
  readonly view?: () => View | undefined;
  readonly running?: () => Running | undefined;
  readonly ask?: AskFigures;
  readonly now?: () => number;
}

/** What the page is answered from, with a HAProxy that has nothing when none is given. */
export function makePageParts({ view = () => undefined, running = () => undefined, ask, now = Date.now }: Given): PageParts {
  const nothing: AskFigures = { backends: () => Promise.resolve([]), servers: () => Promise.resolve([]) };
  return {
    status: () => STATUS,
    figures: makeFiguresBook({ ask: ask ?? nothing, running, now }),
    overview: makeOverview({ view, run: 'run' }),
  };
}
