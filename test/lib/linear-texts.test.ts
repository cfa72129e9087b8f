import { expect, jest, test } from '@jest/globals';
import vm from 'node:vm';
import { judgePem } from '../../src/certificates/pem.ts';
import { evaluateFormat } from '../../src/explain/samples.ts';
import { findUnsafe } from '../../src/haproxy/safe-lines.ts';
import { findTrespass, variablesIn } from '../../src/haproxy/template-rules.ts';
import { hideInLines } from '../../src/lib/secrets.ts';

jest.setTimeout(120_000);

/** Where the time grows with the square of a text's length, this many repetitions take minutes; else a few milliseconds. */
const MANY = 100_000;
const PATIENCE_MS = 30_000;

/** Texts that whoever writes a label, a template or a file could choose, and that begin something again and again without an end. */
const TEXTS: readonly (readonly [what: string, read: (text: string) => unknown, text: string])[] = [
  ['beginnings of a PEM block on one line', judgePem, '-----BEGIN '.repeat(MANY)],
  ['ends of a PEM block on one line', judgePem, `-----BEGIN CERTIFICATE-----\n${'-----END x'.repeat(MANY)}\n`],
  ['words with dots, which could begin an address', hideInLines, `key ${'a.'.repeat(MANY)}`],
  ['schemes', hideInLines, `key ${'a://'.repeat(MANY)}`],
  ['the word key in the name of a header', hideInLines, `set-header ${'key'.repeat(MANY)}`],
  ['escaped quotes in an open quote', variablesIn, `"${'\\"'.repeat(MANY)}`],
  [
    'the beginning of a condition before a line end',
    (text) => findTrespass('HAPROXY_HTTP_FRONTEND_ACL', text),
    `x${' if'.repeat(MANY)}\u2028x`,
  ],
  ['the word map in a line that is not safe', (text) => findUnsafe('HAPROXY_BACKEND_HEAD', text, false), 'map'.repeat(MANY)],
  ['beginnings of samples', (text) => evaluateFormat(text, {} as Parameters<typeof evaluateFormat>[1]), '%['.repeat(MANY)],
];

test.each(TEXTS)('time grows with the length of the text, not with its square: %s', (_, read, text) => {
  const reading = (): unknown => vm.runInNewContext('void read(text)', { read, text }, { timeout: PATIENCE_MS });
  expect(reading).not.toThrow();
});
