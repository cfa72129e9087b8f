import type { BackendFigures } from './figures-of-backends.ts';
import type { FiguresBook } from './figures.ts';
import type { LiveStatus } from './live-status.ts';
import type { Overview } from './overview.ts';
import type { BackendShape, ServersShape, StatsShape } from './page/shapes.ts';
import { json, refused, type RouteAnswer, type RouteRequest, type AdminRoute } from './route.ts';

/** What the page is answered from, beside what the API is. */
export interface PageParts {
  readonly status: () => LiveStatus;
  readonly figures: FiguresBook;
  readonly overview: Overview;
}

/** HAProxy may take this long to show the figures of all backends, in milliseconds. */
const FIGURES_MS = 8_000;

/** The part of the API that is made for the page: small answers, and what has changed since the last one. */
export function pageApiRoutes({ status, figures, overview }: PageParts): readonly AdminRoute[] {
  return [
    { method: 'GET', path: '/v1/status', answer: () => json(status()) },
    { method: 'GET', path: '/v1/overview', answer: ({ query }) => answerOverview(overview, query.get('since') ?? undefined) },
    { method: 'GET', path: '/v1/stats', deadlineMs: FIGURES_MS, answer: ({ query }) => answerStats(figures, query) },
    { method: 'GET', path: '/v1/stats/{backend}', deadlineMs: FIGURES_MS, answer: (asked) => answerServers(figures, asked) },
  ];
}

async function answerOverview(overview: Overview, since: string | undefined): Promise<RouteAnswer> {
  const answer = await overview.since(since);
  if (answer === undefined)
    return refused({ status: 503, error: 'nothing is known yet: Marathon was not read', hint: 'GET /health/sync says why' });
  return { status: 200, type: 'application/json', pieces: overviewText(answer) };
}

function* overviewText({ revision, whole, rows, gone }: Awaited<ReturnType<Overview['since']>> & object): Generator<string> {
  yield `{"revision":${JSON.stringify(revision)},"whole":${String(whole)},"gone":${JSON.stringify(gone)},"apps":[`;
  let separator = '\n';
  for (const row of rows) {
    yield separator + row;
    separator = ',\n';
  }
  yield '\n]}\n';
}

/** The most backends whose figures are told in one answer. */
const MOST_BACKENDS = 200;

async function answerStats(book: FiguresBook, query: URLSearchParams): Promise<RouteAnswer> {
  const figures = await book.look();
  if (typeof figures === 'string') return refused({ status: 503, error: figures, hint: 'GET /health/ready says whether HAProxy serves' });
  const [since, order] = [Number(query.get('since') ?? 0), query.get('most') ?? ''];
  const all = [...figures.backends.values()];
  const asked = query.getAll('backend').slice(0, MOST_BACKENDS);
  const answer: StatsShape = {
    at: new Date(figures.at).toISOString(),
    everyMs: book.everyMs(),
    totals: figures.totals,
    past: book.past().filter(({ at }) => at > since),
    troubled: all
      .filter(({ down, errors }) => down > 0 || (errors ?? 0) > 0)
      .slice(0, MOST_BACKENDS)
      .map(shown),
    most: isOrder(order) ? mostOf(all, order).map(shown) : [],
    backends: asked.flatMap((name) => figures.backends.get(name) ?? []).map(shown),
  };
  return json(answer);
}

const ORDERS = ['requests', 'errors', 'sessions', 'down'] as const;
type Order = (typeof ORDERS)[number];

function isOrder(text: string): text is Order {
  return (ORDERS as readonly string[]).includes(text);
}

/** Those with the most of something, the most first; none that has nothing of it. */
function mostOf(all: readonly BackendFigures[], order: Order): readonly BackendFigures[] {
  const some = all.filter((one) => (one[order] ?? 0) > 0);
  return some.sort((a, b) => (b[order] ?? 0) - (a[order] ?? 0)).slice(0, MOST_BACKENDS);
}

function shown(figures: BackendFigures): BackendShape {
  const { backend, spare, up, checking, draining, down, sessions, requests, errors, answerMs } = figures;
  return { backend, ...(spare !== undefined && { spare }), up, checking, draining, down, sessions, requests, errors, answerMs };
}

async function answerServers(book: FiguresBook, { params }: RouteRequest): Promise<RouteAnswer> {
  const backend = params['backend'] ?? '';
  const servers = await book.servers(backend);
  if (typeof servers === 'string') return refused({ status: 503, error: servers, hint: 'GET /health/ready says whether HAProxy serves' });
  if (servers === undefined)
    return refused({ status: 404, error: `HAProxy has no backend ${backend}`, hint: 'GET /v1/apps names the backends of each app' });
  const answer: ServersShape = {
    backend,
    servers: servers.map(({ server, status, sessions, requests, errors, answerMs, changed, check }) => {
      return { server, status, sessions, requests, errors, answerMs, changed: changed ?? null, check };
    }),
  };
  return json(answer);
}
