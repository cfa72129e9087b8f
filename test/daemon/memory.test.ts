import { expect, test } from '@jest/globals';
import { quarantineIn, tellMemory } from '../../src/daemon/memory.ts';
import { writtenOf } from '../../src/services/sift-quarantined.ts';
import { readCases, viewOf } from '../golden/cases.ts';

const problem = { code: 'refused-by-haproxy', owner: { by: 'operator' }, message: 'no', hint: 'mend it' } as const;

test.each(readCases())('$name: what a daemon tells of a refused port holds as long as the port asks for the same', (one) => {
  const view = viewOf(one);
  const quarantine = view.services.map((service) => {
    const { app, index } = service.front;
    return { app, index, of: writtenOf(service), files: [], problems: [problem] };
  });
  const told = tellMemory({ holders: view.holders, quarantine, taken: [] });
  const over = JSON.parse(JSON.stringify(told)) as typeof told;
  expect(quarantineIn(viewOf(one), over.refused)).toEqual(quarantine);
  const services = view.services.map(({ front, backend }) => {
    return { front, backend: { ...backend, options: { ...backend.options, sticky: !backend.options.sticky } } };
  });
  expect(quarantineIn({ services, shut: [] }, over.refused)).toEqual([]);
  expect(
    quarantineIn(
      { services, shut: [] },
      over.refused.map(({ app, index, problems }) => ({ app, index, problems })),
    ),
  ).toHaveLength(services.length);
});

test('a port whose next try has come is not told as refused, and no password is told', () => {
  const [view] = readCases().flatMap((one) =>
    [viewOf(one)].filter(({ services }) => services.some(({ front }) => front.auth !== undefined)),
  );
  const service = view?.services.find(({ front }) => front.auth !== undefined);
  if (service === undefined) throw new Error('no case has a password');
  const { app, index } = service.front;
  const one = { app, index, of: writtenOf(service), files: [], problems: [] };
  const { refused } = tellMemory({ holders: [], quarantine: [one, { ...one, again: { at: 1, waitMs: 1, isDue: true } }], taken: [] });
  expect(refused).toHaveLength(1);
  expect(JSON.stringify(refused)).not.toContain(service.front.auth?.password ?? '');
});
