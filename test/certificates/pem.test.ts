import { expect, test } from '@jest/globals';
import { judgePem } from '../../src/certificates/pem.ts';
import { makeAuthority, makeParts } from './pem.ts';
import { makeSamples } from './pems.ts';

const samples = await makeSamples();
const ec = { keyType: 'ec' } as const;

test.each(samples)('$name', ({ text, fault, remark }) => {
  const verdict = judgePem(text);
  if (fault !== undefined) {
    expect(verdict).toMatchObject({
      usable: false,
      fault: { found: expect.stringMatching(fault), wanted: expect.stringMatching(/^\S.*[^.]$/) },
    });
  } else {
    expect(verdict).toMatchObject({ usable: true });
    const found = verdict.usable ? verdict.remarks.map((one) => one.found) : [];
    expect(found).toEqual(remark === undefined ? [] : [expect.stringMatching(remark)]);
  }
});

test.each(samples.filter(({ fault }) => fault !== undefined))('nothing of the key or of OpenSSL’s numbers is told: $name', ({ text }) => {
  const told = JSON.stringify(judgePem(text));
  expect(told).not.toMatch(/error:|[A-Za-z0-9+/]{20}/);
});

test('bytes are judged like text', () => {
  for (const { text } of samples) if (typeof text === 'string') expect(judgePem(Buffer.from(text)).usable).toBe(judgePem(text).usable);
});

test('the certificate is first, then its chain', async () => {
  const root = await makeAuthority('root', ec);
  const { certificate, key } = await makeParts('leaf.org', { ...ec, ...root.signs });
  const verdict = judgePem(key + certificate + root.certificate);
  expect(verdict.usable && verdict.certificates.map(({ subject }) => subject)).toEqual([expect.stringContaining('CN='), 'CN=root']);
});

test('the clock alone changes a verdict', async () => {
  const [from, to] = [Date.parse('2030-01-01T00:00:00Z'), Date.parse('2030-02-01T00:00:00Z')];
  const { certificate, key } = await makeParts('a.org', { ...ec, notBeforeDate: new Date(from), notAfterDate: new Date(to) });
  const judge = (now: number) => judgePem(certificate + key, { now });
  expect(judge(from - 1)).toMatchObject({ remarks: [{ found: 'is not valid before 2030-01-01T00:00:00Z' }], until: from });
  expect(judge(from)).toMatchObject({ remarks: [], until: to });
  expect(judge(to - 1)).toMatchObject({ remarks: [], until: to });
  expect(judge(to)).toMatchObject({ remarks: [{ found: 'has expired at 2030-02-01T00:00:00Z' }], until: Infinity });
});

test('the key may lie beside it; one in the text that can be read comes first', async () => {
  const [own, other] = await Promise.all([makeParts('a.org', ec), makeParts('b.org', ec)]);
  const judge = (text: string, key: string) => judgePem(text, { key });
  expect(judge(own.certificate, own.key).usable).toBe(true);
  expect(judge(own.certificate + own.key, 'nothing').usable).toBe(true);
  expect(judge(own.certificate + own.key.replace(/^MIG/m, 'AAA'), own.key).usable).toBe(true);
  expect(judge(own.certificate, other.key)).toMatchObject({ fault: { found: 'holds a private key of another certificate' } });
  expect(judge(own.certificate + other.key, own.key)).toMatchObject({ fault: { found: 'holds a private key of another certificate' } });
  expect(judge(own.certificate, 'nothing')).toMatchObject({
    fault: { found: expect.stringMatching(/no private key.*\.key beside it can't be read/) },
  });
});

test('a text with more certificates than anybody takes is not read through', async () => {
  const { certificate, key } = await makeParts('a.org', ec);
  const judge = (count: number) => judgePem(key + certificate.repeat(count));
  expect(judge(99)).toMatchObject({ usable: true });
  expect(judge(100)).toMatchObject({ fault: { found: 'holds 101 certificates and keys, and can hold 100 at most' } });
});
