import { expect, test } from '@jest/globals';
import { certificatesText, readCertificates } from '../../src/haproxy/certificates-file.ts';
import type { PemFile, Shelf } from '../../src/model/certificates.ts';
import type { CertificateBind, CertificateLine, LoadedCertificates } from '../../src/model/document.ts';
import { withCertificate } from '../../src/plan/certificate-shelves.ts';
import { planCertificates, type CertificateParts } from '../../src/plan/plan-certificates.ts';

const pem = (path: string, given: Partial<PemFile> = {}): PemFile => ({
  path,
  fingerprint: '1',
  names: [`${path}.org`],
  key: 'ec',
  ...given,
});
const shelf = (kind: Shelf['kind'], name: string, ...paths: readonly (string | CertificateLine)[]): CertificateBind[number] => ({
  ...{ kind, name },
  lines: (paths.length === 0 ? [name] : paths).map((one) => (typeof one === 'string' ? { path: one } : one)),
});

/** What HAProxy has of binds; files that are not described are as `pem` makes them. */
function loaded(binds: readonly CertificateBind[], ...described: readonly PemFile[]): LoadedCertificates {
  const paths = binds.flat().flatMap(({ lines }) => lines.map(({ path }) => path));
  const pems = new Map([...paths.map((path) => pem(path)), ...described].map((one) => [one.path, one]));
  return { fingerprints: new Map(), list: [], pems, binds };
}

function planOf(before: LoadedCertificates, after: LoadedCertificates, given: Partial<CertificateParts> = {}) {
  const { commands, reload } = planCertificates({ before, after, takesCommands: true, lost: new Map(), ...given });
  return { commands: commands.map(({ text }) => text), reload: reload.map(({ code, subject }) => `${code} ${subject}`) };
}

const LIST = '/etc/haproxy/certificates.list';
const file = loaded([[shelf('file', '/a')]]);
const folder = (...paths: readonly string[]): LoadedCertificates => loaded([[shelf('folder', '/c', ...paths)]]);
const listed = (...lines: readonly CertificateLine[]): LoadedCertificates => loaded([[shelf('list', LIST, '/a', ...lines)]]);
const guarded = (hosts: readonly string[], options?: string): CertificateLine => ({
  path: '/s',
  hosts,
  ...(options !== undefined && { options }),
});

test.each<[string, LoadedCertificates, LoadedCertificates, readonly string[], readonly string[]]>([
  ['the same', file, loaded([[shelf('file', '/a')]]), [], []],
  ['renewed', file, loaded([[shelf('file', '/a')]], pem('/a', { fingerprint: '2' })), ['set ssl cert /a'], []],
  [
    'renewed, and too large for a command',
    file,
    loaded([[shelf('file', '/a')]], pem('/a', { fingerprint: '2', needsReload: 'it is large' })),
    [],
    ['certificate-changed /a'],
  ],
  ['new in a folder', folder('/c/a'), folder('/c/a', '/c/b'), ['set ssl cert /c/b', 'add ssl crt-list /c /c/b'], []],
  ['gone from a folder', folder('/c/a', '/c/b'), folder('/c/a'), ['del ssl crt-list /c /c/b', 'del ssl cert /c/b'], []],
  ['a new default certificate', folder('/c/b'), folder('/c/a', '/c/b'), [], ['certificate-changed /c/a']],
  ['the default certificate is gone', folder('/c/a', '/c/b'), folder('/c/b'), [], ['certificate-changed /c/b']],
  [
    'a host is new in a line',
    listed(guarded(['a.org'])),
    listed(guarded(['a.org', 'b.org'])),
    [`add ssl crt-list ${LIST} /s`, `del ssl crt-list ${LIST} /s`],
    [],
  ],
  [
    'one line of several of a file is gone',
    listed(guarded(['a.org']), guarded(['b.org'])),
    listed(guarded(['b.org'])),
    [`del ssl crt-list ${LIST} /s`],
    [],
  ],
  ['a path with a blank', folder('/c/a'), folder('/c/a', '/c/b c'), [], ['certificate-changed /c/b c']],
  [
    'the other half of a pair',
    file,
    loaded([[shelf('file', '/a', '/a.rsa', '/a.ecdsa')]]),
    [],
    ['certificate-changed /a.rsa', 'certificate-changed /a.ecdsa', 'certificate-changed /a', 'certificate-changed /a.rsa'],
  ],
  ['a folder in place of a file', file, loaded([[shelf('folder', '/a', '/a/b')]]), [], ['certificate-changed /a']],
  ['a word of a bind comes: its line is a reason', file, loaded([[shelf('file', '/a'), shelf('file', '/b')]]), [], []],
])('certificates: %s', (_, before, after, commands, reload) => {
  expect(planOf(before, after)).toEqual({ commands, reload });
});

const sameName = (first: Partial<PemFile>, second: Partial<PemFile>): LoadedCertificates =>
  loaded(
    [[shelf('folder', '/c', '/c/a', '/c/b')]],
    pem('/c/a', { names: ['x.org'], ...first }),
    pem('/c/b', { names: ['x.org'], ...second }),
  );

test('HAProxy uses the first of two of one kind with a name: a command that turns their order is a reload', () => {
  expect(planOf(sameName({}, {}), sameName({ fingerprint: '2' }, {}))).toEqual({ commands: [], reload: ['certificate-changed /c/a'] });
  expect(planOf(sameName({}, {}), sameName({}, { fingerprint: '2' }))).toEqual({ commands: ['set ssl cert /c/b'], reload: [] });
  expect(planOf(sameName({ key: 'rsa' }, {}), sameName({ key: 'rsa', fingerprint: '2' }, {})).commands).toEqual(['set ssl cert /c/a']);
});

test('a reload where no command is taken, and where HAProxy has refused one', () => {
  const renewed = loaded([[shelf('file', '/a')]], pem('/a', { fingerprint: '2' }));
  expect(planOf(file, renewed, { takesCommands: false })).toEqual({ commands: [], reload: ['certificate-changed /a'] });
  expect(planOf(file, renewed, { lost: new Map([['/a', 'no']]) })).toEqual({ commands: [], reload: [] }); // `plan` has the reason
});

/** A list in which the first file is for clients that name no known host. */
const inList = (paths: readonly string[], ...spoiled: readonly string[]): LoadedCertificates => ({
  ...loaded([[shelf('list', LIST, ...paths)]]),
  spoiled,
});

test.each<[string, LoadedCertificates, LoadedCertificates, readonly string[]]>([
  ['one that is bad now: HAProxy keeps what it has', inList(['/c/a', '/c/b']), inList(['/c/a'], '/c/b'), []],
  ['and so of the first', inList(['/c/a', '/c/b']), inList(['/c/b'], '/c/a'), []],
  ['all of a folder that can’t be read', inList(['/c/a', '/c/b', '/d']), inList(['/d'], '/c'), []],
  ['all of it, and one of our own', inList(['/c/a']), inList(['/own'], '/c/a'), ['set ssl cert /own', `add ssl crt-list ${LIST} /own`]],
  ['a bad one is mended', inList(['/c/a'], '/c/b'), inList(['/c/a', '/c/b']), ['set ssl cert /c/b', `add ssl crt-list ${LIST} /c/b`]],
  ['the first is mended', inList(['/c/b'], '/c/a'), inList(['/c/a', '/c/b']), ['set ssl cert /c/a', `add ssl crt-list ${LIST} /c/a`]],
  ['a bad one is gone', inList(['/c/a'], '/c/b'), inList(['/c/a']), [`del ssl crt-list ${LIST} /c/b`, 'del ssl cert /c/b']],
  ['a folder is there again', inList(['/d'], '/c'), inList(['/d', '/c/a']), ['set ssl cert /c/a', `add ssl crt-list ${LIST} /c/a`]],
])('what can’t be used costs no reload, and nobody a certificate: %s', (_, before, after, commands) => {
  expect(planOf(before, after)).toEqual({ commands, reload: [] });
  const taken = planCertificates({ before, after, takesCommands: true, lost: new Map() }).commands;
  const then = taken.reduce((now, { certificate }) => (certificate === undefined ? now : withCertificate(now, certificate)), before);
  expect(planOf(readCertificates(certificatesText(then)), after)).toEqual({ commands: [], reload: [] });
});

test.each([
  ['a folder', folder('/c/a', '/c/b'), loaded([[shelf('folder', '/c', '/c/a', '/c/d')]], pem('/c/a', { fingerprint: '2' }))],
  ['a list', listed(guarded(['a.org'], 'ssl-min-ver TLSv1.3')), listed(guarded(['a.org', 'b.org']))],
])('with the commands taken, nothing is left to do: %s', (_, before, after) => {
  const { commands } = planCertificates({ before, after, takesCommands: true, lost: new Map() });
  const then = commands.reduce((now, { certificate }) => (certificate === undefined ? now : withCertificate(now, certificate)), before);
  expect(planOf(then, after)).toEqual({ commands: [], reload: [] });
  expect(planOf(readCertificates(certificatesText(then)), after)).toEqual({ commands: [], reload: [] });
});
