import { expect, test } from '@jest/globals';
import { DESCRIBED } from '../../src/admin/openapi.ts';
import { SCHEMAS } from '../../src/admin/schemas.ts';
import { terminalsOf } from './console.ts';

const ASKED = terminalsOf('docs/admin.md').flatMap(({ shown }) => shown.filter(({ output }) => output.length > 0));

test('docs/admin.md shows answers', () => {
  expect(ASKED.length).toBeGreaterThanOrEqual(3);
});

test.each(ASKED)('docs/admin.md: what it shows of `$command` has the shape that is described', ({ command, output }) => {
  const [, path = ''] = /http:\/\/[^/]+(\/\S+)/.exec(command) ?? [];
  const method = command.includes('POST') ? 'POST' : 'GET';
  const answers = DESCRIBED.find((one) => one.path === path && one.method === method)?.answers ?? {};
  const shapes = Object.values(answers).flatMap((answer) => ('shape' in answer ? [SCHEMAS[answer.shape]] : []));
  const shown: unknown = JSON.parse(output.join('\n'));
  expect(shapes.some((shape) => shape.safeParse(shown).success)).toBe(true);
});
