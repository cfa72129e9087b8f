import { loadTemplates } from '../../src/daemon/load-templates.ts';
import { makeMiddle } from '../../src/daemon/load-derive.ts';
import { explain } from '../../src/explain/explain.ts';
import { readQuestion } from '../../src/explain/question.ts';
import { describe } from '../../src/explain/words.ts';
import type { Explanation } from '../../src/explain/shapes.ts';
import type { View } from '../../src/model/view.ts';
import { defaultSettings, type Settings } from '../../src/options/options.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import type { State } from '../../src/snapshot/state.ts';
import { decodeAll, EMPTY, settingsWith } from '../golden/cases.ts';

export type Json = Readonly<Record<string, unknown>>;

const TEMPLATES = await loadTemplates(defaultSettings().templatesDir, {});

/** A task of an app with addresses of its own. */
export function task(n: number, given: Json = {}): Json {
  return {
    id: `shop.${n}`,
    host: '10.0.0.1',
    ports: [],
    state: 'TASK_RUNNING',
    ipAddresses: [{ ipAddress: `192.168.84.${n}`, protocol: 'IPv4' }],
    startedAt: '2026-11-28T08:00:00.000Z',
    ...given,
  };
}

/** /shop with one port on 10004, shop.acme.org, and one task. */
export function app({ labels = {}, ports = [mapping()], ...given }: Json & { labels?: Json; ports?: readonly Json[] } = {}): Json {
  return {
    id: '/shop',
    instances: 1,
    labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: 'shop.acme.org', ...labels },
    networks: [{ mode: 'container', name: 'calico' }],
    container: { type: 'DOCKER', portMappings: ports },
    tasks: [task(1)],
    ...given,
  };
}

export function mapping(given: Json = {}): Json {
  return { containerPort: 80, servicePort: 10004, protocol: 'tcp', ...given };
}

/** What the middle makes of apps. */
export function viewOf(
  apps: readonly Json[],
  given: { readonly settings?: Partial<Settings>; readonly env?: Readonly<Record<string, string>>; readonly state?: Partial<State> } = {},
): View {
  const derive = makeMiddle({ settings: settingsWith(given.settings), env: given.env ?? {} }, TEMPLATES);
  const view = derive({ ...absorb(EMPTY, { kind: 'apps', at: 0, sentAt: 0, ...decodeAll(apps) }), ...given.state });
  if (view === undefined) throw new Error('no view');
  return view;
}

/** The answer to a question, as JSON and as words. */
export function ask(view: View, word: string): { readonly json: Explanation; readonly words: string } {
  const json = explain(view, readQuestion(word));
  if (json === undefined) throw new Error(`nothing is known of ${word}`);
  return { json, words: describe(json) };
}
