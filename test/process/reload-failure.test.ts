import { expect, test } from '@jest/globals';
import { ReloadRefused } from '../../src/model/haproxy.ts';
import { TooFewDescriptors } from '../../src/process/descriptors.ts';
import { asReloadFailure } from '../../src/process/reload-failure.ts';
import { BindsTaken } from '../../src/process/taken-binds.ts';

test.each([
  ['reload-refused', new ReloadRefused('HAProxy refused the reload', [])],
  ['binds-taken', new BindsTaken([])],
  ['too-few-descriptors', new TooFewDescriptors('too few', 5)],
])('a failure of a reload is told by its code %s', (code, error) => {
  expect(asReloadFailure(error)?.code).toBe(code);
});

test.each([[new Error('EIO')], [Object.assign(new Error('no file'), { code: 'ENOENT' })], ['binds-taken'], [undefined]])(
  '%p is none',
  (error) => {
    expect(asReloadFailure(error)).toBeUndefined();
  },
);
