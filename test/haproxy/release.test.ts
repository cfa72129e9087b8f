import { expect, test } from '@jest/globals';
import { makeRenderer } from '../../src/haproxy/document.ts';
import { isAtLeast, OLDEST_RELEASE, readRelease } from '../../src/haproxy/release.ts';
import { textOf } from '../../src/haproxy/file-text.ts';
import { front, server, service, settings, templatesWith } from './make.ts';

test.each([
  ['HAProxy version 2.6.12-1+deb12u3 2025/10/03 - https://haproxy.org/\nStatus: long-term', { major: 2, minor: 6 }],
  ['HAProxy version 3.4.0-abc123 2026/05/28 - https://haproxy.org/', { major: 3, minor: 4 }],
  ['HAProxy version 3.5-dev0 2026/06/01', { major: 3, minor: 5 }],
  ['HA-Proxy version 1.8.30 2021/04/12', { major: 1, minor: 8 }],
  ['HAProxy version 10.12', { major: 10, minor: 12 }],
])('%j', (text, release) => {
  expect(readRelease(text)).toEqual(release);
});

test.each(['', 'not found', 'HAProxy 2.6', 'version two', 'conversion 2.6'])('%j names no release', (text) => {
  expect(readRelease(text)).toBeUndefined();
});

test.each([
  [2, 6, 2, 6, true],
  [2, 5, 2, 6, false],
  [3, 0, 2, 6, true],
  [2, 10, 3, 0, false],
  [3, 10, 3, 3, true],
])('%i.%i is at least %i.%i: %s', (major, minor, wantedMajor, wantedMinor, yes) => {
  expect(isAtLeast({ major, minor }, wantedMajor, wantedMinor)).toBe(yes);
});

/** The names of the sections, and the lines that open them. */
function sectionsOf(major: number, minor: number, overrides: Record<string, string> = {}) {
  const render = makeRenderer(templatesWith(), settings({ maps: false }));
  const of = front({ routes: [{ host: 'a.acme.org', path: undefined }], overrides });
  const { document } = render([service(of, [server(80)])], { major, minor });
  const text = [...textOf(document)].join('');
  return { names: document.front.map(({ name }) => name), text };
}

test.each([OLDEST_RELEASE, { major: 3, minor: 2 }])('before 3.3 frontend and backend have one name: %j', ({ major, minor }) => {
  const { names, text } = sectionsOf(major, minor);
  expect(names).toContain('frontend shop_10000');
  expect(text).toContain('\nfrontend shop_10000\n');
  expect(text).toContain('\nbackend shop_10000\n');
});

test.each([
  [3, 3],
  [3, 4],
  [4, 0],
])("from 3.3 on the frontend has '-in' behind its name, nothing else has: %i.%i", (major, minor) => {
  const [old, now] = [sectionsOf(2, 6), sectionsOf(major, minor)];
  expect(now.names).toEqual(old.names.map((name) => (name === 'frontend shop_10000' ? 'frontend shop_10000-in' : name)));
  expect(now.text).toBe(old.text.replace('\nfrontend shop_10000\n', '\nfrontend shop_10000-in\n'));
});

test('a frontend template of an app gets it as well, and only where it opens a section', () => {
  const { text } = sectionsOf(3, 3, { HAPROXY_FRONTEND_HEAD: '# frontend {backend}\n  frontend   {backend}  # frontend x\n  bind :1\n' });
  expect(text).toContain('# frontend shop_10000\n  frontend   shop_10000-in  # frontend x\n  bind :1\n');
});
