import { describe, expect, test } from '@jest/globals';
import { textOf } from '../../src/haproxy/file-text.ts';
import { limitedBackend, limitMaps } from '../../src/haproxy/limits.ts';
import { makeRenderer } from '../../src/haproxy/document.ts';
import type { Release } from '../../src/model/release.ts';
import { front, OPTIONS, server, service, settings, templatesWith } from './make.ts';

const LIMITED = front({ limits: { rate: 100, body: 2048 } });

test('the map has a row for each limit, and is no file without limits', () => {
  expect(limitMaps([front({ app: '/none' }), LIMITED])).toEqual({
    'limits.map': new Map([
      ['shop_10000/rate', '100'],
      ['shop_10000/body', '2048'],
    ]),
  });
  expect(limitMaps([front()])).toEqual({});
  expect(limitedBackend('shop_10000/rate')).toBe('shop_10000');
});

describe('counts over a reload', () => {
  const textFor = (release: Release, isLimited: boolean): string => {
    const options = { ...OPTIONS, ...(isLimited && { traffic: { rateLimit: { requests: 100, milliseconds: 10_000 } } }) };
    const of = isLimited ? LIMITED : front();
    return [...textOf(makeRenderer(templatesWith(), settings())([service(of, [server(1)], options)], release).document)].join('');
  };

  test.each([
    ['2.6 loses them', { major: 2, minor: 6 }, false],
    ['3.0 hands them on', { major: 3, minor: 0 }, true],
    ['3.4 too', { major: 3, minor: 4 }, true],
  ])('%s', (_, release, keeps) => {
    const text = textFor(release, true);
    expect(text.includes(' store http_req_rate(10000ms) peers marathon_lb\n')).toBe(keeps);
    expect(text.includes('\npeers marathon_lb\n  peer "$HAPROXY_LOCALPEER" abns@marathon_lb_peers_')).toBe(keeps);
  });

  test('no section where nothing is counted', () => {
    expect(textFor({ major: 3, minor: 0 }, false)).not.toContain('peers');
  });
});
