import { expect, test } from '@jest/globals';
import { lastSync } from '../../src/daemon/last-sync.ts';

const BEFORE = { since: 100, last: 400 };

test.each([
  ['nothing was read', { sentAt: undefined, spans: [BEFORE] }, undefined],
  ['without a stream', { sentAt: 150, spans: [] }, 150],
  ['a stream from before the read beats', { sentAt: 150, spans: [BEFORE] }, 400],
  ['a stream that came after the read', { sentAt: 90, spans: [BEFORE] }, 90],
  [
    'the stream was lost and another one came, which no read has followed yet',
    { sentAt: 150, spans: [BEFORE, { since: 410, last: 600 }] },
    400,
  ],
  ['the same, after the read that follows', { sentAt: 420, spans: [BEFORE, { since: 410, last: 600 }] }, 600],
  ['full reads fail', { sentAt: 150, spans: [BEFORE], unread: { since: 300, known: 150 } }, 150],
])('%s', (_, heard, at) => {
  expect(lastSync({ unread: undefined, ...heard })).toBe(at);
});
