import { expect, test } from '@jest/globals';
import { findBlame } from '../../src/blame/blame.ts';
import type { Verdict } from '../../src/model/haproxy.ts';
import { textOf } from '../../src/haproxy/file-text.ts';
import type { Document } from '../../src/model/document.ts';
import type { AppId } from '../../src/model/names.ts';
import { backendSection, document, fragment, section } from '../haproxy/make.ts';

/** 200 apps, of which these have a line that `haproxy -c` does not come to an end with. */
function estate(...endless: readonly number[]): Document {
  return document({
    front: [section('head', 'global\n')],
    backends: Array.from({ length: 200 }, (_, i) => {
      const owner = { by: 'app', app: `/app${i}` as AppId, index: 0 } as const;
      const text = endless.includes(i) ? '  # endless\n' : '';
      const own = { ...fragment(text, owner), template: 'HAPROXY_BACKEND_HTTP_OPTIONS', label: 'HAPROXY_0_BACKEND_HTTP_OPTIONS' };
      return { ...backendSection(`app${i}_1`, []), fragments: [fragment(`backend app${i}_1\n`, owner), own] };
    }),
  });
}

const late = (seconds: number): string => `'haproxy -c' did not end within ${seconds} s`;

test.each([[[150]], [[3, 150]]])('of a check that does not end the new apps %j are to blame, found in few questions', async (endless) => {
  let asked = 0;
  const check = (one: Document): Promise<Verdict> => {
    asked++;
    const isLate = [...textOf(one)].join('').includes('# endless');
    return Promise.resolve(isLate ? { ok: false, isLate: true, lines: [late(5)] } : { ok: true });
  };
  const { blamed, operator } = await findBlame({ document: estate(...endless), good: estate(), lines: [late(30)], check });
  expect(blamed.map(({ owner }) => owner.app)).toEqual(endless.map((n) => `/app${n}`));
  expect(operator).toEqual([]);
  expect(asked).toBeLessThan(20);
});
