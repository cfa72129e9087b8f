import { expect, test } from '@jest/globals';
import { checkedSettings } from '../../src/cli/check-settings.ts';
import { defaultSettings, type Settings } from '../../src/options/options.ts';

test.each<[string, Partial<Settings>]>([
  ['--https-routing sni', { httpsRouting: 'sni' }],
  ['--group-https-by-vhost', { groupHttpsByVhost: true }],
  ['--dont-bind-http-https', { dontBindHttpHttps: true }],
  ['--accept-proxy', { acceptProxy: ['10.0.0.0/8'] }],
])('--http3 is refused beside %s, in one sentence that names both', (flag, given) => {
  const all = { ...defaultSettings(), group: ['external'], ...given };
  expect(() => checkedSettings({ ...all, http3: true })).toThrow(`--http3 can't be with ${flag}: remove one of the two`);
  expect(checkedSettings(all)).toMatchObject(given);
});

test.each<Partial<Settings>>([{ command: 'true' }, { haproxyMasterSocket: '/run/haproxy-master.sock' }])(
  '--hold-listeners is refused for a HAProxy that is not ours: %j',
  (given) => {
    const all = { ...defaultSettings(), group: ['external'], ...given };
    expect(() => checkedSettings({ ...all, holdListeners: true })).toThrow('--hold-listeners is for a HAProxy that this daemon starts');
    expect(checkedSettings(all)).toMatchObject(given);
  },
);
