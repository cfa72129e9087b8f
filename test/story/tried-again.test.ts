import { expect, test } from '@jest/globals';
import type { BackendName, ServerName } from '../../src/model/names.ts';
import type { Quarantined } from '../../src/model/quarantine.ts';
import type { View } from '../../src/model/view.ts';
import { wakeUpsOf } from '../../src/snapshot/next-wake-up.ts';
import { writtenOf } from '../../src/services/sift-quarantined.ts';
import { nginx, read, Story, task } from './cluster.ts';

const APP = nginx([task(1)]);

/** HAProxy refuses the app's port as it is in a view. */
function refusedAt(view: View, passes: boolean): readonly Quarantined[] {
  return view.services.map((service) => ({
    ...{ app: service.front.app, index: service.front.index, of: writtenOf(service), files: [], problems: [] },
    ...(passes && { passes: true as const }),
  }));
}

function begin() {
  const story = Story.begin();
  const view = story.tell(read(APP));
  const refuse = (at: number, passes = true): View =>
    story.tell({ kind: 'refused', at, problems: [], quarantined: refusedAt(view, passes) });
  return { story, view, refuse };
}

test('a port that was refused for what passes by itself is tried again after waits that grow, up to ten minutes', () => {
  const { story, refuse } = begin();
  const waits: number[] = [];
  let at = 1_000;
  for (let n = 0; n < 9; n++) {
    expect(refuse(at).services).toEqual([]);
    const { tickAt = 0 } = wakeUpsOf(story.state);
    expect(story.tell({ kind: 'tick', at: tickAt - 1 }).services).toEqual([]);
    expect(story.tell({ kind: 'tick', at: tickAt }).services).toHaveLength(1);
    expect(wakeUpsOf(story.state).tickAt).toBeUndefined();
    waits.push(tickAt - at);
    at = tickAt + 10;
  }
  expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 600_000, 600_000]);
});

test('when HAProxy has taken it for a while, the waits begin anew', () => {
  const { story, refuse } = begin();
  refuse(1_000);
  story.tell({ kind: 'tick', at: 6_000 });
  refuse(6_001);
  expect(wakeUpsOf(story.state).tickAt).toBe(16_001);
  story.tell({ kind: 'tick', at: 16_001 });
  refuse(100_000);
  expect(wakeUpsOf(story.state).tickAt).toBe(105_000);
});

test('a port that was refused for what stays is not tried again', () => {
  const { story, refuse } = begin();
  refuse(1_000, false);
  expect(wakeUpsOf(story.state).tickAt).toBeUndefined();
  expect(story.tell({ kind: 'tick', at: 1e9 }).services).toEqual([]);
});

test("a server without an address is its app's Problem, with the label that names the host; the operator's when no app has it", () => {
  const story = Story.begin();
  const labels = { HAPROXY_GROUP: 'external', HAPROXY_0_BACKEND_SERVER_OPTIONS: '  server consul api.consul.test:8500\n' };
  story.tell(read(nginx([task(1)], { labels })));
  const servers = ['nginx_10000', 'other'].map((backend) => ({
    ...{ backend: backend as BackendName, server: 'consul' as ServerName, host: 'api.consul.test' },
  }));
  const view = story.tell({ kind: 'unresolved', at: 1, servers });
  expect(view.problems).toMatchObject([
    { code: 'name-unresolved', owner: { by: 'app', app: '/nginx', index: 0 }, label: 'HAPROXY_0_BACKEND_SERVER_OPTIONS' },
    { code: 'name-unresolved', owner: { by: 'operator' } },
  ]);
  expect(view.problems[0]?.message).toContain('api.consul.test');
  expect(view.problems[0]?.hint).toContain('tried again by itself');
  expect(story.tell({ kind: 'unresolved', at: 2, servers: [] }).problems).toEqual([]);
});
