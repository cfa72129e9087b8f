import { explainApp } from '../explain/app.ts';
import { appRows } from '../explain/app-rows.ts';
import { answerTo } from '../explain/explain.ts';
import { makeLookup, type ViewLookup } from '../explain/view-lookup.ts';
import { readQuestion } from '../explain/question.ts';
import { explainRouteInSteps } from '../explain/route.ts';
import { sentence } from '../lib/sentence.ts';
import type { Steps } from '../lib/steps.ts';
import type { Running } from '../model/document.ts';
import type { AppId } from '../model/names.ts';
import type { View } from '../model/view.ts';
import { configText } from './config-text.ts';
import type { History } from './history.ts';
import type { Hub } from './hub.ts';
import type { MemoryAnswer } from './memory.ts';
import { json, refused, type RouteAnswer, type RouteRequest, type AdminRoute } from './route.ts';

/** What the API answers from. */
export interface ApiParts {
  /** The latest View; undefined before Marathon was read. */
  readonly view: () => View | undefined;
  /** What HAProxy runs, as far as that is known. */
  readonly running: () => Running | undefined;
  /** Why HAProxy does not run what is wanted of it, in words; undefined when it does. */
  readonly lack: () => string | undefined;
  /** What is known beside what Marathon says; undefined before Marathon was read. */
  readonly memory: () => MemoryAnswer | undefined;
  readonly history: History;
  readonly hub: Hub;
  /** Reads everything again, and says how HAProxy came to have it; `by`: what was asked for, as the log names it. Never rejects. */
  readonly resync: (by: string) => Promise<{ readonly ok: boolean; readonly text: string }>;
  /** HAProxy reads its file again, as it is. */
  readonly reload: () => void;
}

/** As long as a large Marathon and a large HAProxy may take together. */
const RESYNC_MS = 300_000;

/** The API: what is served and what is not, what HAProxy runs, and what has changed. */
export function apiRoutes(parts: ApiParts): readonly AdminRoute[] {
  const ofView = withView(parts);
  return [
    { method: 'GET', path: '/v1/apps', answer: ofView(({ view }) => listed('apps', appRows(view))) },
    { method: 'GET', path: '/v1/apps/{id…}', answer: ofView(answerApp) },
    { method: 'GET', path: '/v1/routes', answer: ofView(answerRoute) },
    { method: 'GET', path: '/v1/explain', answer: ofView((lookup, asked) => answerQuestion(lookup, asked, parts)) },
    { method: 'GET', path: '/v1/problems', answer: ofView(({ view }) => listed('problems', view.problems)) },
    { method: 'GET', path: '/v1/config', answer: () => answerConfig(parts.running()) },
    { method: 'GET', path: '/v1/memory', answer: () => answerMemory(parts.memory()) },
    { method: 'GET', path: '/v1/history', answer: () => json({ changes: [...parts.history.all()].reverse() }) },
    { method: 'GET', path: '/v1/events', answer: ({ gone }) => answerEvents(parts.hub, gone) },
    { method: 'POST', path: '/v1/resync', isChange: true, deadlineMs: RESYNC_MS, answer: () => answerResync(parts) },
    { method: 'POST', path: '/v1/reload', isChange: true, answer: () => answerReload(parts) },
  ];
}

type OfView = (lookup: ViewLookup, asked: RouteRequest) => RouteAnswer;

/** One lookup for all questions about a View. Before the first View there is nothing to say. */
function withView({ view: latest, running }: ApiParts): (answer: OfView) => AdminRoute['answer'] {
  let lookup: ViewLookup | undefined;
  return (answer) => (asked) => {
    const view = latest();
    if (view === undefined) return NOTHING_YET;
    if (lookup?.view !== view) lookup = makeLookup(view, () => running()?.document);
    return answer(lookup, asked);
  };
}

const NOTHING_YET = refused({ status: 503, error: 'nothing is known yet: Marathon was not read', hint: 'GET /health/sync says why' });

/** Replaces the mark that the log uses for hidden text by `***`. */
function shown(text: string): string {
  return text.includes('(hidden)') ? text.replaceAll('(hidden)', '***') : text;
}

/** A list as a JSON object with one field, an element a line, made while it is sent. Undefined is no element but a pause. */
function listed(name: string, elements: Iterable<unknown>): RouteAnswer {
  return { status: 200, type: 'application/json', pieces: lines(name, elements) };
}

function* lines(name: string, elements: Iterable<unknown>): Generator<string> {
  yield `{"${name}":[`;
  let separator = '\n';
  for (const element of elements) {
    if (element === undefined) {
      yield '';
      continue;
    }
    yield separator + shown(JSON.stringify(element));
    separator = ',\n';
  }
  yield '\n]}\n';
}

function jsonShown(value: unknown): RouteAnswer {
  return { status: 200, type: 'application/json', text: shown(`${JSON.stringify(value, undefined, 2)}\n`) };
}

/** What is worked out while it is sent, so that other work has its turn between the steps. */
function jsonInSteps(steps: Steps<unknown>): RouteAnswer {
  return { status: 200, type: 'application/json', pieces: textInSteps(steps) };
}

function* textInSteps(steps: Steps<unknown>): Generator<string> {
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) yield '';
  yield shown(`${JSON.stringify(step.value, undefined, 2)}\n`);
}

function answerApp(lookup: ViewLookup, { params }: RouteRequest): RouteAnswer {
  const id = `/${(params['id'] ?? '')
    .split('/')
    .filter((part) => part !== '')
    .join('/')}` as AppId;
  const explained = explainApp(lookup, id);
  if (explained !== undefined) return jsonShown(explained);
  return refused({ status: 404, error: `Marathon has no app ${id}`, hint: 'GET /v1/apps lists those that it has' });
}

function answerRoute(lookup: ViewLookup, { query }: RouteRequest): RouteAnswer {
  const host = query.get('host')?.trim().replace(/:\d+$/, '').replace(/\.$/, '') ?? '';
  const path = query.get('path') ?? '/';
  if (host !== '' && path.startsWith('/')) return jsonInSteps(explainRouteInSteps(lookup, host, path));
  const error = host === '' ? 'no host is given' : `the path '${path}' does not begin with a slash`;
  return refused({ status: 400, error, hint: 'ask as in /v1/routes?host=shop.acme.org&path=/cart' });
}

/** Answers a word of the command line, as `marathon-lb-ts explain` asks it. */
function answerQuestion(lookup: ViewLookup, { query }: RouteRequest, { lack }: ApiParts): RouteAnswer {
  const about = query.get('about') ?? '';
  const wrong = orMessage(() => readQuestion(about));
  if (wrong !== undefined) return refused({ status: 400, error: wrong, hint: 'ask as in /v1/explain?about=shop.acme.org/cart' });
  return jsonShown({ ...answerTo(lookup, about), lack: lack() ?? null });
}

function orMessage(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return sentence(error);
  }
}

function answerMemory(memory: MemoryAnswer | undefined): RouteAnswer {
  return memory === undefined ? NOTHING_YET : jsonShown(memory);
}

function answerConfig(running: Running | undefined): RouteAnswer {
  if (running !== undefined) return { status: 200, type: 'text/plain; charset=utf-8', pieces: configText(running) };
  return refused({ status: 503, error: 'what HAProxy runs is not known now', hint: 'GET /health/ready says why' });
}

function answerEvents(hub: Hub, gone: AbortSignal): RouteAnswer {
  const stream = hub.listen(gone);
  if (stream !== undefined) return { status: 200, type: 'text/event-stream', stream };
  return refused({ status: 503, error: 'too many listen to events already', hint: 'end one of them, or ask for /v1/history' });
}

async function answerResync({ resync }: ApiParts): Promise<RouteAnswer> {
  const { ok, text } = await resync('POST /v1/resync');
  return json({ ok, text }, ok ? 200 : 503);
}

function answerReload({ reload }: ApiParts): RouteAnswer {
  reload();
  return json({ ok: true, text: 'HAProxy is told to read its file again; GET /v1/history says when it has' }, 202);
}
