import { describe, expect, test } from '@jest/globals';
import type { Document, Running } from '../../src/model/document.ts';
import type { BackendName, ServerName } from '../../src/model/names.ts';
import { planDeletions } from '../../src/plan/plan-deletions.ts';
import { asLoaded, fragment } from '../haproxy/make.ts';
import { CART_GONE, rendererOf, SHOP, CART, sent, sweep } from './made-rig.ts';

describe('a backend that a daemon made which ended before the file was written', () => {
  const FOR_GOOD = 'This proxy cannot be removed at runtime due to other configuration elements pointing to it.';
  const MUST = 'Backend must be unpublished prior to its deletion.';

  /** What is read back: the file has the shop alone, HAProxy has the cart too. */
  function found(servers: Document['backends'][number]['servers'] = rendererOf()([CART]).backends[0]?.servers ?? new Map()) {
    const document = rendererOf()([SHOP]);
    const backend = 'cart_10001' as BackendName;
    const stray = { name: 'backend cart_10001', backend, fragments: [], servers, leaving: new Set(), found: 'just-now' } as const;
    return { ...asLoaded(document), strays: new Map([[backend, stray]]) } as Running;
  }

  function swept(running: Running, refused?: string, answer?: string): Running {
    return sweep(running, running.document, refused, answer);
  }

  test('is deleted when nobody wants it: HAProxy is asked whether its file refers to it, then it goes with its servers', () => {
    expect(sent({ commands: planDeletions(found(), new Set()) })).toEqual(['del backend cart_10001']);
    const asked = swept(found(), 'del backend cart_10001', MUST);
    expect(sent({ commands: planDeletions(asked, new Set()) })).toEqual(CART_GONE);
    const stopped = swept(asked);
    const rest = ['del server cart_10001/10_0_0_1_31001', 'unpublish backend cart_10001', 'del backend cart_10001'];
    expect(sent({ commands: planDeletions(stopped, new Set(stopped.exceptions.keys())) })).toEqual(rest);
    const left = swept(stopped);
    expect([left.document === stopped.document, left.exceptions.size, left.strays?.size, left.lost.size]).toEqual([true, 0, 0, 0]);
  });

  test('and that has no server yet is deleted, too', () => {
    const asked = swept(found(new Map()), 'del backend cart_10001', MUST);
    expect(sent({ commands: planDeletions(asked, new Set()) })).toEqual(['unpublish backend cart_10001', 'del backend cart_10001']);
    expect(swept(asked).strays?.size).toBe(0);
  });

  test('stays when rows of a map lead to it, or when the file refers to it', () => {
    const running = found();
    const maps = { ...running.document.maps, 'domain2backend.map': new Map([['cart.acme.org', 'cart_10001' as BackendName]]) };
    expect(planDeletions({ ...running, document: { ...running.document, maps } }, new Set())).toEqual([]);
    const named = swept(running, 'del backend cart_10001', FOR_GOOD);
    expect(planDeletions(named, new Set())).toEqual([]);
  });

  test('and that has a server in the middle of a drain is deleted, too', () => {
    const running = swept(found(), 'del backend cart_10001', MUST);
    const [backend, server, line] = ['cart_10001' as BackendName, '10_0_0_9_1' as ServerName, fragment('  server 10_0_0_9_1 10.0.0.9:1\n')];
    const exceptions = new Map([['cart_10001/10_0_0_9_1', { backend, server, line, stage: 'draining' as const }]]);
    const commands = planDeletions({ ...running, exceptions }, new Set(['cart_10001/10_0_0_9_1']));
    expect(sent({ commands })).toEqual([...CART_GONE, 'set server cart_10001/10_0_0_9_1 state maint']);
  });
});
