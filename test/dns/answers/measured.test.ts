import { expect, test } from '@jest/globals';
import { encode } from 'dns-packet';
import { measured } from '../../../src/dns/answers/measured.ts';

const query = (type: 'A' | 'SRV' | 'HINFO'): Buffer => encode({ type: 'query', id: 1, questions: [{ name: 'shop.marathon.mesos', type }] });
const reply = (rcode: number): Buffer => {
  const bytes = Buffer.alloc(12);
  bytes[3] = rcode;
  return bytes;
};

test('each query is told with its type and the code of its reply, and the replies stay what they are', async () => {
  const told: string[] = [];
  const replies = [reply(0), Promise.resolve(reply(3)), reply(2), undefined, reply(9)];
  const respond = measured(
    () => replies.shift(),
    (type, result) => told.push(`${type} ${result}`),
  );
  expect(respond(query('A'), 'udp')).toEqual(reply(0));
  await expect(respond(query('SRV'), 'udp')).resolves.toEqual(reply(3));
  expect(respond(query('HINFO'), 'tcp')).toEqual(reply(2));
  expect(respond(Buffer.from('x'), 'udp')).toBeUndefined();
  expect(respond(Buffer.alloc(13, 70), 'udp')).toEqual(reply(9));
  expect(told).toEqual(['A NOERROR', 'SRV NXDOMAIN', 'other SERVFAIL', 'other none', 'other other']);
});
