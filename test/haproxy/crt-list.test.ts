import { expect, test } from '@jest/globals';
import { certificatesText, readCertificates } from '../../src/haproxy/certificates-file.ts';
import { sharedCrt } from '../../src/haproxy/crt-list.ts';
import { planCertificates } from '../../src/plan/plan-certificates.ts';
import { makeRenderer } from '../../src/haproxy/document.ts';
import { applyAnswers } from '../../src/plan/apply-answers.ts';
import { readDocument } from '../../src/haproxy/read-document.ts';
import type { LoadedCertificates } from '../../src/model/document.ts';
import type { Front } from '../../src/model/service.ts';
import { asLoaded, document, front, reasonsBetween, service, settings, templatesWith } from './make.ts';

const files = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `/${i}.pem`);
const loaded = (prints: Readonly<Record<string, string>>, list: readonly string[] = []): LoadedCertificates => {
  return { fingerprints: new Map(Object.entries(prints)), list };
};

test('as many as a line has words for stand on it, more in a list behind the first', () => {
  expect(sharedCrt(settings({ certificates: files(2) }))).toBe('crt /0.pem crt /1.pem');
  expect(sharedCrt(settings({ certificates: files(20) }))).toContain('crt /18.pem crt /19.pem');
  expect(sharedCrt(settings({ certificates: files(21) }))).toBe('crt-list /etc/haproxy/certificates.list');
  expect(sharedCrt(settings({ certificates: files(2), isListed: true }))).toBe('crt-list /etc/haproxy/certificates.list');
});

test('what is written of them is read back', () => {
  const both = loaded({ '/a b.pem': 'f1', '/c.pem': 'f2' }, ['/c.pem', '/d.pem']);
  expect(certificatesText(both)).toBe('# sha256 f1 /a b.pem\n# sha256 f2 /c.pem\n/c.pem\n/d.pem\n');
  expect(readCertificates(certificatesText(both))).toEqual(both);
  const { certificates, maps } = readDocument('', { 'certificates.list': certificatesText(both), 'a.map': 'x y\n' });
  expect(certificates).toEqual(both);
  expect(Object.keys(maps)).toEqual(['a.map']);
});

test.each<[string, LoadedCertificates | undefined, LoadedCertificates | undefined, readonly string[]]>([
  ['nothing known before', undefined, loaded({ '/a': '1' }), []],
  ['nothing known after', loaded({ '/a': '1' }), undefined, []],
  ['the same', loaded({ '/a': '1' }, ['/a']), loaded({ '/a': '1' }, ['/a']), []],
  ['one more, one less', loaded({ '/a': '1', '/b': '2' }), loaded({ '/a': '1', '/c': '3' }), []],
  ['renewed', loaded({ '/a': '1', '/b': '2' }), loaded({ '/a': '1', '/b': '3' }), ['/b']],
  ['another order in the list', loaded({}, ['/a', '/b']), loaded({}, ['/b', '/a']), ['certificates.list']],
])('reasons for a reload: %s', (_, before, after, subjects) => {
  const { commands, reload } = planCertificates({ before, after, takesCommands: true, lost: new Map() });
  expect(commands).toEqual([]);
  expect(reload).toMatchObject(subjects.map((subject) => ({ code: 'certificate-changed', subject })));
});

test('a renewed certificate is a reason though the text is the same, and HAProxy does not have it before the reload', () => {
  const [before, after] = [
    { ...document(), certificates: loaded({ '/a': '1' }) },
    { ...document(), certificates: loaded({ '/a': '2' }) },
  ];
  expect(reasonsBetween(before, after)).toMatchObject([{ code: 'certificate-changed', subject: '/a' }]);
  expect(applyAnswers({ running: asLoaded(before), wanted: after, commands: [], answers: [] }).document.certificates).toBe(
    before.certificates,
  );
  const more = { ...document(), certificates: loaded({ '/a': '1', '/b': '2' }) };
  expect(applyAnswers({ running: asLoaded(before), wanted: more, commands: [], answers: [] }).document).toBe(more);
});

const BIND = { address: '*', port: 10000, certificate: '/bad.pem', options: 'ca-file /ca.pem verify required' };
const hosts = { routes: [{ host: 'a.acme.org', path: undefined }] };
const texts = (of: Front, grouped: boolean): string => {
  const render = makeRenderer(templatesWith(), settings({ groupHttpsByVhost: grouped }));
  const rendered = render([service(of, [])], { major: 2, minor: 6 }).document;
  return rendered.front.flatMap(({ fragments }) => fragments.map(({ text }) => text)).join('');
};

test('a port without its bind: under --group-https-by-vhost its hosts get the others, and who is let in stays as it was', () => {
  const claimed = front({ bind: BIND, ...hosts });
  const shut = { ...claimed, bind: undefined, certificates: [], claimed };
  expect(texts(shut, true)).toContain('accept-proxy ssl crt /etc/ssl/cert.pem ca-file /ca.pem verify required alpn h2,http/1.1\n');
  expect(texts(shut, false)).not.toContain(':10000');
});

test('of a folder what serves stands on the line of the port', () => {
  const some = { ...front({ bind: { ...BIND, options: undefined } }), certificates: ['/bad.pem/a', '/bad.pem/b'] };
  expect(texts(some, false)).toContain('bind *:10000 ssl crt /bad.pem/a crt /bad.pem/b\n');
});
