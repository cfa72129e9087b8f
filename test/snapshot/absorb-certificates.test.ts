import { expect, test } from '@jest/globals';
import type { Certificates, NamedFile } from '../../src/model/certificates.ts';
import type { News } from '../../src/model/news.ts';
import type { Quarantined } from '../../src/model/quarantine.ts';
import { writtenOf } from '../../src/services/sift-quarantined.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import type { State } from '../../src/snapshot/state.ts';
import { EMPTY } from '../golden/cases.ts';
import { front, service } from '../haproxy/make.ts';

const named = (file: string, fingerprint: string): NamedFile => ({ file, serves: [file], fingerprint, faults: [] });
const BEFORE: Certificates = { files: ['/a'], problems: [], contents: [{ file: '/a', fingerprint: '1' }], named: [named('/b', '2')] };
const news = (certificates: Certificates): News => ({ kind: 'certificates', at: 1, certificates: structuredClone(certificates) });

function quarantined(app: string, certificate: string | undefined): Quarantined {
  const files = certificate === undefined ? [] : [{ file: certificate, label: 'HAPROXY_0_SSL_CERT', in: 'certificate' } as const];
  const of = front({ app, bind: { address: '*', port: 10000, certificate, options: undefined }, files });
  return { app: of.app, index: 0, of: writtenOf(service(of, [])), files: [], problems: [] };
}

const quarantine = [quarantined('/one', '/b'), quarantined('/other', '/c'), quarantined('/plain', undefined)];
const state: State = { ...EMPTY, certificates: BEFORE, quarantine };
const left = (certificates: Certificates): readonly string[] => absorb(state, news(certificates)).quarantine.map(({ app }) => app);

test('unchanged certificates leave the state the same object, and unchanged files stay the same objects', () => {
  expect(absorb(state, news(BEFORE))).toBe(state);
  const { certificates } = absorb(state, news({ ...BEFORE, named: [named('/aa', '3'), named('/b', '2')] }));
  expect(certificates.files).toBe(BEFORE.files);
  expect(certificates.contents).toBe(BEFORE.contents);
  expect(certificates.named[1]).toBe(BEFORE.named[0]);
});

test.each<[string, Certificates, readonly string[]]>([
  ['renewed', { ...BEFORE, named: [named('/b', '3')] }, ['/other', '/plain']],
  ['looked into for the first time', { ...BEFORE, named: [named('/b', '2'), named('/c', '3')] }, ['/one', '/plain']],
  ['the same, while another one came', { ...BEFORE, named: [named('/a', '1'), named('/b', '2')] }, ['/one', '/other', '/plain']],
  ['not named any more', { ...BEFORE, named: [] }, ['/one', '/other', '/plain']],
])('a refused port is tried again when its certificate is another: %s', (_, certificates, apps) => {
  expect(left(certificates)).toEqual(apps);
});

test.each<[string, readonly NamedFile[], readonly string[]]>([
  ['before it was looked into', [], []],
  ['while another file was there', [named('/b', '1')], []],
  ['as it is', BEFORE.named, ['/one']],
])('a refusal that comes after the certificate was looked into, of a port with it %s', (_, files, apps) => {
  const late: News = { kind: 'refused', at: 1, problems: [], quarantined: [{ ...quarantined('/one', '/b'), files }] };
  expect(absorb({ ...state, quarantine: [] }, late).quarantine.map(({ app }) => app)).toEqual(apps);
});

test('an app that was left out for want of file descriptors is tried again when they suffice, and no other', () => {
  const [one, other, plain] = quarantine as [Quarantined, Quarantined, Quarantined];
  const lacking = { ...state, quarantine: [{ ...one, descriptors: 10 }, { ...other, descriptors: 20 }, plain] };
  const news: News = { kind: 'affordable', at: 1, apps: [one.app, plain.app] };
  expect(absorb(lacking, news).quarantine).toEqual([{ ...other, descriptors: 20 }, plain]);
});
