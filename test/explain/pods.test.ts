import { expect, test } from '@jest/globals';
import { podStatus } from '../snapshot/pods.ts';
import { ask, viewOf } from './make.ts';

const ASKED = ['/shop', 'shop.example'];

test.each(ASKED)('%s: a pod is explained as an app is, with its endpoints as ports and its containers as tasks', (what) => {
  const text = JSON.stringify(ask(viewOf([podStatus()]), what));
  expect(text).toContain('shop_http');
  expect(text).toContain('shop.instance-1.web.1');
});

test('a sick container is left out for its own health, and the one beside it serves', () => {
  const sick = { conditions: [{ name: 'healthy', value: 'false', reason: 'health-reported-by-mesos' }] };
  const { leftOut, services } = viewOf([podStatus(sick)], { settings: { healthCheck: true } });
  expect(leftOut).toEqual([{ app: '/shop', task: 'shop.instance-1.web.1', why: 'unhealthy' }]);
  expect(services.map(({ front, backend }) => [front.name, backend.servers.length])).toEqual([['shop_http', 0], ['shop_admin', 1]]); // prettier-ignore
});
