import { expect, test } from '@jest/globals';
import { CertificateChanges, readShown } from '../../src/socket/certificates.ts';
import type { CertificateChange } from '../../src/model/document.ts';

const pem = { path: '/a.pem', fingerprint: '1', names: [], key: 'ec' };
const TEXT = '-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n';

/** A HAProxy that gives these answers, in order, and what it was sent. */
function haproxyWith(...answers: readonly string[]) {
  const sent: string[] = [];
  const left = [...answers];
  const answer = (...texts: readonly string[]): Promise<string> => {
    sent.push(...texts);
    return Promise.resolve(left.shift() ?? 'no answer');
  };
  const changes = new CertificateChanges({
    readPem: () => Promise.resolve(TEXT),
    command: (text) => answer(text),
    payload: (text, rows) => answer(text, `${rows.join('\n')}\n`),
  });
  return { sent, make: (change: CertificateChange) => changes.make(change) };
}

const renew = { kind: 'load', pem, isNew: false } as const;
const CREATED = 'Transaction created for certificate /a.pem!';

test('a certificate is set and committed', async () => {
  const { sent, make } = haproxyWith(CREATED, 'Committing /a.pem.\nSuccess!');
  await expect(make(renew)).resolves.toBe('done');
  expect(sent).toEqual(['set ssl cert /a.pem', TEXT, 'commit ssl cert /a.pem']);
});

test.each([
  ['2.6 takes it as a part of the other', 'Transaction updated for certificate /b.pem!', '/b.pem'],
  ['of the same certificate', 'Transaction updated for certificate /a.pem!', '/a.pem'],
  ['3.0', "The ongoing transaction is about '/b.pem' but you are trying to set '/a.pem'\nCan't update /a.pem!", '/b.pem'],
])('a transaction that somebody left open is given up: %s', async (_, answer, open) => {
  const { sent, make } = haproxyWith(answer, 'Transaction aborted', CREATED, 'Committing /a.pem.\nSuccess!');
  await expect(make(renew)).resolves.toBe('done');
  expect(sent.filter((one) => one.startsWith('abort'))).toEqual([`abort ssl cert ${open}`]);
});

test('refused, it leaves no transaction and no empty certificate behind', async () => {
  const { sent, make } = haproxyWith(
    'New empty certificate store',
    CREATED,
    "Can't commit: inconsistencies between key and certificate",
    '',
    '',
  );
  await expect(make({ ...renew, isNew: true })).resolves.toBe("Can't commit: inconsistencies between key and certificate");
  expect(sent.slice(-2)).toEqual(['abort ssl cert /a.pem', 'del ssl cert /a.pem']);
});

const LIST = '/certificates.list';
const SHOWN = `# ${LIST}\n/a.pem:1\n/a.pem:3 [verify optional ca-file /ca.pem] b.org\n/a.pem:4 c.org\n/b.pem:5 c.org\n`;
const line = { path: '/a.pem', options: 'ca-file /ca.pem verify optional', hosts: ['b.org'] };

test('a line of a list is added with its options and hosts, and not twice', async () => {
  const { sent, make } = haproxyWith(SHOWN, "Inserting certificate '/a.pem'.\nSuccess!");
  await expect(make({ kind: 'list', list: LIST, line: { ...line, hosts: ['d.org'] } })).resolves.toBe('done');
  await expect(make({ kind: 'list', list: LIST, line })).resolves.toBe('done');
  expect(sent).toEqual([`show ssl crt-list -n ${LIST}`, `add ssl crt-list ${LIST}`, '/a.pem [ca-file /ca.pem verify optional] d.org\n']);
});

test('of several lines of a file the right one is taken away', async () => {
  const { sent, make } = haproxyWith(SHOWN, "Entry '/a.pem' deleted in crtlist '/certificates.list'!");
  await expect(make({ kind: 'unlist', list: LIST, line })).resolves.toBe('done');
  expect(sent.at(-1)).toBe(`del ssl crt-list ${LIST} /a.pem:3`);
  expect(readShown('# /c\n/c/a.pem:0\n')).toEqual([{ number: 0, line: { path: '/c/a.pem' } }]);
});
