import { expect, test } from '@jest/globals';
import type { FileVerdict } from '../../src/certificates/judge.ts';
import { Sighted } from '../../src/certificates/sighted.ts';

const verdictOf = (fingerprint: string): FileVerdict => ({
  serves: ['/etc/ssl/a.pem'],
  usable: true,
  pems: ['/etc/ssl/a.pem'],
  fingerprint,
  faults: [],
  remarks: [],
  until: Infinity,
});

test('a file that is renewed between the first two looks is believed a moment later, whatever lies beside it has not changed since', async () => {
  const sighted = new Sighted('/etc/ssl/a.pem', verdictOf('old'));
  const look = (steady: number, mark: string): Promise<FileVerdict | undefined> => {
    const marks = new Map([
      ['/etc/ssl/a.pem', mark],
      ['/etc/ssl/a.pem.key', 'ENOENT'],
    ]);
    return sighted.look(marks, { judge: () => Promise.resolve(verdictOf(mark)), now: 0, steady });
  };
  await expect(look(0, 'old')).resolves.toBeUndefined();
  await expect(look(1_000, 'new')).resolves.toBeUndefined();
  await expect(look(sighted.dueAt, 'new')).resolves.toMatchObject({ fingerprint: 'new' });
  expect(sighted.dueAt).toBe(Infinity);
});
