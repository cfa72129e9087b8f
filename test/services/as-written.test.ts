import { expect, test } from '@jest/globals';
import type { AppId } from '../../src/model/names.ts';
import type { Problem } from '../../src/model/problem.ts';
import { asWritten } from '../../src/services/as-written.ts';

const POD = {
  writtenAs: {
    HAPROXY_2_VHOSTT: { name: 'HAPROXY_VHOSTT', where: "endpoint 'http'" },
    HAPROXY_3_BALANCE: { name: 'HAPROXY_0_BALANCE', where: "container 'web'" },
  },
};
const problem = (index: number | undefined, label: string, message: string, hint: string): Problem => ({
  code: 'label-value',
  owner: { by: 'app', app: '/pod' as AppId, ...(index !== undefined && { index }) },
  label,
  message,
  hint,
});

test.each<[string, Problem, Pick<Problem, 'message' | 'hint'> & { readonly label: string }]>([
  [
    'a label of an endpoint has no number',
    problem(2, 'HAPROXY_2_VHOSTT', 'there is no label HAPROXY_2_VHOSTT', 'the nearest label is HAPROXY_2_VHOST'),
    { label: 'HAPROXY_VHOSTT', message: "there is no label HAPROXY_VHOSTT of endpoint 'http'", hint: 'the nearest label is HAPROXY_VHOST' },
  ],
  [
    'a label of a container has its own',
    problem(3, 'HAPROXY_3_BALANCE', 'HAPROXY_3_BALANCE has no effect beside HAPROXY_3_HASH_BY', 'remove one'),
    {
      label: 'HAPROXY_0_BALANCE',
      message: "HAPROXY_0_BALANCE of container 'web' has no effect beside HAPROXY_0_HASH_BY",
      hint: 'remove one',
    },
  ],
])('%s', (_, given, told) => {
  expect(asWritten(POD, given)).toEqual({ ...given, ...told });
});

test.each([
  ['a label of the pod', problem(0, 'HAPROXY_0_PATH', 'HAPROXY_0_PATH is wrong', '')],
  ['a Problem of the whole pod', problem(undefined, 'HAPROXY_2_VHOSTT', 'HAPROXY_2_VHOSTT names no endpoint', '')],
])('%s stays as it is', (_, given) => {
  expect(asWritten(POD, given)).toBe(given);
});
