import { expect, test } from '@jest/globals';
import type { Document } from '../../src/model/document.ts';
import { makePlan } from '../../src/plan/plan.ts';
import * as made from './made-rig.ts';
import * as spares from './spare-rig.ts';

/** The same object, whose properties of this name are counted as they are read. */
function counted<Kind extends object>(one: Kind, name: keyof Kind, read: () => void): Kind {
  const value = one[name];
  return Object.defineProperty({ ...one }, name, { enumerable: true, get: () => (read(), value) });
}

const RIGS = [
  { name: '2.6', rig: spares, release: { major: 2, minor: 6 } },
  { name: '3.4', rig: made, release: { major: 3, minor: 4 } },
] as const;

test.each(RIGS)(
  'however many new apps with paths come at once, the rules of the others are looked through as often: HAProxy $name',
  ({ rig, release }) => {
    const render = rig.rendererOf({ spareBackends: 40 });
    const withPath = (n: number) => rig.app(`app${n}`, 10100 + n, { routes: [{ host: `app${n}.acme.org`, path: '/x' }] });
    const others = [rig.SHOP, withPath(0)];
    const readsFor = (count: number): number => {
      let reads = 0;
      const read = (): void => {
        reads++;
      };
      const before = render(others);
      const after = render([...others, ...Array.from({ length: count }, (_, i) => withPath(i + 1))]);
      const shop = before.backends.find(({ backend }) => backend === 'shop_10000');
      const backend = counted(shop as Document['backends'][number], 'inSpare', read);
      const withCounted = ({ backends, ...rest }: Document): Document => ({
        ...rest,
        backends: backends.map((one) => (one.backend === 'shop_10000' ? backend : one)),
      });
      const wanted = withCounted(after);
      const front = wanted.front.map((one) => counted(one, 'fragments', read));
      const running = { document: withCounted(before), exceptions: new Map<never, never>(), lost: new Map<never, never>() };
      const { commands, reload } = makePlan({ mapFolder: '/etc/haproxy' })({ running, wanted: { ...wanted, front }, release });
      expect(reload).toEqual([]);
      expect(commands.length).toBeGreaterThan(3 * count);
      return reads;
    };
    expect(readsFor(30)).toBe(readsFor(2));
  },
);
