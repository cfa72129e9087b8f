import { expect, test } from '@jest/globals';
import { readCases, viewOf } from '../golden/cases.ts';
import { ask } from './make.ts';

const found = readCases().find(({ name }) => name === 'routing-table');
if (found === undefined) throw new Error('no case routing-table');
const view = viewOf(found);

test.each([
  ['web.acme.org/', '/web/rest', false],
  ['web.acme.org/api', '/web/api', false],
  ['web.acme.org/api/deep/x', '/web/deep', false],
  ['web.acme.org/api/only', '/web/only', false],
  ['web.acme.org/api/v12/users', '/web/regex', false],
  ['x.y.acme.org/', '/wild', true],
  ['x.acme.org/static/x', '/wild-path', false],
  ['nobody.example.com/x', '/last', false],
  ['shop.acme.org/', '/shop/canary', false],
])('%s over https is answered by %s', (question, app, auth) => {
  const { json } = ask(view, `https://${question}`);
  expect(json).toMatchObject({ kind: 'route', https: { action: 'backend', port: { app }, auth } });
});
