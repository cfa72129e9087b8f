import { APP_MAP, DOMAIN_MAP } from '../haproxy/settings.ts';
import { namedAsOwn } from '../haproxy/spares.ts';
import { within } from '../lib/deadline.ts';
import type { Running } from '../model/document.ts';
import type { ApiParts } from './api.ts';
import { configText } from './config-text.ts';
import { refused, type RouteAnswer, type AdminRoute } from './route.ts';

/** What marathon-lb's endpoints are answered from. */
export interface MarathonLbParts extends Pick<ApiParts, 'running' | 'resync' | 'reload'> {
  /** All processes of HAProxy, old workers included; empty when HAProxy is not ours. */
  readonly pids: () => Promise<readonly number[]>;
}

/** A large HAProxy may be slow to show its processes. A HUP is answered after this time at the latest, in milliseconds, though it goes on. */
const PIDS_MS = 30_000;
const HUP_MS = 20_000;

/** marathon-lb 1.15's endpoints of the stats port, which HAProxy sends here: the same paths, texts and types. */
export function marathonLbRoutes(parts: MarathonLbParts): readonly AdminRoute[] {
  const map = (name: string) => () => answerRunning(parts, ({ document }) => ({ text: mapLines(namedAsOwn(document).maps[name]) }));
  return [
    {
      method: 'GET',
      path: '/_haproxy_getconfig',
      answer: () => answerRunning(parts, (running) => ({ pieces: configText(running) })),
    },
    { method: 'GET', path: '/_haproxy_getvhostmap', answer: map(DOMAIN_MAP) },
    { method: 'GET', path: '/_haproxy_getappmap', answer: map(APP_MAP) },
    { method: 'GET', path: '/_haproxy_getpids', deadlineMs: PIDS_MS, answer: () => answerPids(parts) },
    { method: 'GET', path: '/_mlb_signal/hup', isChange: true, deadlineMs: 2 * HUP_MS, answer: ({ signal }) => answerHup(parts, signal) },
    { method: 'GET', path: '/_mlb_signal/usr1', isChange: true, answer: () => answerUsr1(parts) },
  ];
}

type PlainContent = { readonly text: string } | { readonly pieces: Iterable<string> };

function plain(content: PlainContent): RouteAnswer {
  return { status: 200, type: 'text/plain', ...content };
}

function answerRunning({ running }: MarathonLbParts, show: (running: Running) => PlainContent): RouteAnswer {
  const found = running();
  if (found !== undefined) return plain(show(found));
  return refused({ status: 503, error: 'what HAProxy runs is not known now', hint: 'GET /health/ready says why' });
}

/** One key and backend on each line, without a line end at the end; empty where there is no map. */
function mapLines(map: ReadonlyMap<string, string> | undefined): string {
  return Array.from(map ?? [], ([key, backend]) => `${key} ${backend}`).join('\n');
}

/** Newest first, as `pidof` prints them: zdd takes more than two for a reload that is not over. */
async function answerPids({ pids }: MarathonLbParts): Promise<RouteAnswer> {
  return plain({ text: [...(await pids())].sort((a, b) => b - a).join(' ') });
}

/** Answers when HAProxy has what Marathon says, or after a while: the text of 1.15 says that the signal was sent, not that it has had its effect. */
async function answerHup({ resync }: MarathonLbParts, signal: AbortSignal): Promise<RouteAnswer> {
  await within(resync('/_mlb_signal/hup'), { ms: HUP_MS, signal });
  return plain({ text: 'Sent SIGHUP signal to marathon-lb' });
}

function answerUsr1({ reload }: MarathonLbParts): RouteAnswer {
  reload();
  return plain({ text: 'Sent SIGUSR1 signal to marathon-lb' });
}
