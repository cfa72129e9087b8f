import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  agentTail,
  dcosLabel,
  faultOf,
  frameworkName,
  isIn,
  marked,
  mesosLabel,
  taskHash,
  taskName,
  upwards,
} from '../../../src/dns/zones/dns-names.ts';
import type { AppId, TaskId } from '../../../src/model/names.ts';

test.each([
  ['a.b.c.d.e', 'a-b-c-d-e'],
  ['-4abc123', '4abc123'],
  ['fd%gsf---gs7-f$gs', 'fdgsf---gs7-fgs'],
  ['a---', 'a'],
  ['-', ''],
  ['', ''],
  ['Web_API', 'web-api'],
  ['K\u0131\u212a', 'k'],
  [
    'fd%gsf---gs7-f$gs--d7fddg123456789012345678901234567890123456789-123',
    'fdgsf---gs7-fgs--d7fddg1234567890123456789012345678901234567891',
  ],
  [`hello${'-'.repeat(57)}f`, `hello${'-'.repeat(57)}f`],
  [`hello${'-'.repeat(58)}f`, 'hellof'],
  ['x'.repeat(70), 'x'.repeat(63)],
])('Mesos-DNS makes the label of %j: %j', (text, label) => {
  expect(mesosLabel(text)).toBe(label);
});

test.each([
  ['b.a', 'b-a'],
  ['marathon.prod', 'marathon-prod'],
  ['dev/marathon', 'devmarathon'],
  ['_A_', 'a'],
  ['...', ''],
  [`${'x'.repeat(62)}-yz`, 'x'.repeat(62)],
])('DC/OS makes the label of %j: %j', (text, label) => {
  expect(dcosLabel(text)).toBe(label);
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.string({ unit: fc.constantFrom('a', 'Z', '7', '-', '-', '.', '_', '%'), maxLength: 200 }),
);

test.each([
  ['Mesos-DNS', mesosLabel],
  ['DC/OS', dcosLabel],
])('whatever it is made of, a label of %s is one or empty, and stays itself', (_, label) => {
  fc.assert(
    fc.property(anyText, (text) => {
      const made = label(text);
      expect(made).toMatch(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)?$/);
      expect(label(made)).toBe(made);
      expect(label(text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()))).toBe(made);
      if (/[a-zA-Z0-9]/.test(text)) expect(made).not.toBe('');
    }),
  );
});

test.each([
  ['marathon', 'marathon'],
  ['marathon.prod', 'marathon.prod'],
  ['chronos with a space-2.0.1', 'chronoswithaspace-2.0.1'],
  ['dev/marathon', 'devmarathon'],
  ['.a..-.B.', 'a.b'],
])('the framework %j is %j in names', (framework, name) => {
  expect(frameworkName(framework)).toBe(name);
});

test.each([
  ['nginx.48dccce7-90bc-11e6-ae70-70b3d5800001', 'jhy6r'],
  ['test', 'iffe9'],
  ['pywebserver.8cad6a69-6ca8-11e7-beb2-0e2beceebfcc', 'tzrok'],
])('the hash of the task %s is %s', (id, hash) => {
  expect(taskHash(id as TaskId)).toBe(hash);
});

test('an agent is called by the end of its id', () => {
  expect(agentTail('db7b40e2-791c-445f-b373-183e2a648a86-S1')).toBe('s1');
  expect(agentTail('Agent')).toBe('agent');
  expect(agentTail('')).toBe('');
  expect(agentTail(`x-${'9'.repeat(90)}`)).toHaveLength(20);
});

test.each([
  ['/nginx', 'nginx'],
  ['/a/b', 'b.a'],
  ['/prod/web/api', 'api.web.prod'],
])('the tasks of %s are called %s', (id, name) => {
  expect(taskName(id as AppId)).toBe(name);
});

test('a mark stands behind the last label, which is cut for it', () => {
  expect(marked('b.a', '-jhy6r-s1')).toBe('b.a-jhy6r-s1');
  expect(marked(`b.${'a'.repeat(54)}`, '-jhy6r-s1')).toBe(`b.${'a'.repeat(54)}-jhy6r-s1`);
  expect(marked(`b.${'a'.repeat(63)}`, '-jhy6r-s1')).toBe(`b.${'a'.repeat(54)}-jhy6r-s1`);
  expect(marked('c'.repeat(60), '-jhy6r-s1')).toBe(`${'c'.repeat(54)}-jhy6r-s1`);
});

test('the names above a name end at the zone', () => {
  expect(upwards('_tcp.marathon.mesos', 'mesos')).toEqual(['_tcp.marathon.mesos', 'marathon.mesos']);
  expect(upwards('mesos', 'mesos')).toEqual([]);
  expect(isIn('mesos', 'mesos')).toBe(true);
  expect(isIn('a.mesos', 'mesos')).toBe(true);
  expect(isIn('amesos', 'mesos')).toBe(false);
});

test.each([
  ['nginx.marathon.mesos', undefined],
  [`${'x'.repeat(63)}.${'y'.repeat(63)}.${'z'.repeat(63)}.${'a'.repeat(61)}`, undefined],
  [`${'x'.repeat(63)}.${'y'.repeat(63)}.${'z'.repeat(63)}.${'a'.repeat(62)}`, 'it has 254 characters'],
  [`${'x'.repeat(64)}.mesos`, 'has 64 characters'],
  ['a..b', "its part ''"],
  ['ö.mesos', "its part 'ö'"],
])('%s is a name, or it is told why not', (name, fault) => {
  if (fault === undefined) expect(faultOf(name)).toBeUndefined();
  else expect(faultOf(name)).toContain(fault);
});
