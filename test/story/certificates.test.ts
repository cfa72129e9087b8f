import { afterAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chooseCertificates } from '../../src/certificates/choose.ts';
import { makeGate } from '../../src/daemon/gate.ts';
import { CertificateJudge } from '../../src/daemon/open-certificates.ts';
import { makePlan } from '../../src/plan/plan.ts';
import type { Logger } from '../../src/lib/logger.ts';
import type { View } from '../../src/model/view.ts';
import type { Certificates, NamedFile } from '../../src/model/certificates.ts';
import type { Document } from '../../src/model/document.ts';
import type { News } from '../../src/model/news.ts';
import { makePem } from '../certificates/pem.ts';
import { EMPTY } from '../golden/cases.ts';
import { nginx, read, Story, task, type Json } from './cluster.ts';

const OF_LABEL = '/etc/ssl/shop.pem';
const withLabel = (file: string, ...tasks: readonly Json[]): Json =>
  nginx(tasks, { labels: { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: 'mytask.acme.org', HAPROXY_0_SSL_CERT: file } });
const news = (given: Partial<Certificates>): News => ({
  kind: 'certificates',
  at: 1,
  certificates: { ...EMPTY.certificates, contents: [{ file: '/etc/ssl/cert.pem', fingerprint: '1' }], ...given },
});
const named = (given: Partial<NamedFile> = {}) => ({ file: OF_LABEL, serves: [OF_LABEL], fingerprint: '1', faults: [], ...given });

const plan = makePlan({ mapFolder: '/etc/haproxy' });
const reasons = (before: View, after: View): readonly string[] =>
  plan({
    running: { document: before.document, exceptions: new Map(), lost: new Map() },
    wanted: after.document,
    release: undefined,
  }).reload.map(({ code, subject }) => `${code} ${subject}`);
const textOf = ({ document }: View): string => document.front.flatMap(({ fragments }) => fragments.map(({ text }) => text)).join('');

test('a certificate is renewed: a reload, and no other text', () => {
  const story = Story.begin();
  const first = story.tell(news({ named: [named()] }), read(withLabel(OF_LABEL, task(1))));
  expect(story.tell(news({ named: [named()] }))).toBe(first);
  const renewed = story.tell(news({ named: [named({ fingerprint: '2' })] }));
  expect(reasons(first, renewed)).toEqual([`certificate-changed ${OF_LABEL}`]);
  expect(textOf(renewed)).toBe(textOf(first));
  const shared = story.tell(news({ named: [named({ fingerprint: '2' })], contents: [{ file: '/etc/ssl/cert.pem', fingerprint: '2' }] }));
  expect(reasons(renewed, shared)).toEqual(['certificate-changed /etc/ssl/cert.pem']);
});

test('one that was not looked into yet stands; a bad one takes its bind along; mended it is back', () => {
  const story = Story.begin();
  const first = story.tell(read(withLabel(OF_LABEL, task(1))));
  expect(textOf(first)).toContain(`:10000 ssl crt ${OF_LABEL}\n`);
  expect(first.certificates).toEqual([OF_LABEL]);
  const bad = story.tell(news({ named: [named({ serves: [], faults: [{ message: 'it is cut off', hint: 'mend it' }] })] }));
  expect(textOf(bad)).not.toContain(':10000');
  expect(bad.leftOut).toEqual([{ app: '/nginx', index: 0, why: 'certificate' }]);
  expect(bad.problems).toMatchObject([{ code: 'certificate', label: 'HAPROXY_0_SSL_CERT', message: 'it is cut off' }]);
  expect(bad.document.backends).toHaveLength(1);
  const mended = story.tell(news({ named: [named()] }));
  expect(textOf(mended)).toBe(textOf(first));
  expect(mended.problems).toEqual([]);
});

test('a change of tasks leaves the certificates the same object', () => {
  const story = Story.begin();
  const first = story.tell(news({ named: [named()] }), read(withLabel(OF_LABEL, task(1))));
  const { document, certificates } = story.tell(read(withLabel(OF_LABEL, task(1), task(2))));
  expect(document.certificates).toBe(first.document.certificates);
  expect(certificates).toBe(first.certificates);
  expect(document.front.every((section, i) => section === first.document.front[i])).toBe(true);
});

const SILENT: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

function nothing(): void {
  // nobody reads it
}

const over = new AbortController();
const folder = await mkdtemp(path.join(tmpdir(), 'judge-'));

afterAll(async () => {
  over.abort();
  await rm(folder, { recursive: true, force: true });
});

test('the first document waits until its certificates were looked into, later ones do not', async () => {
  const [shared, own] = [path.join(folder, 'shared.pem'), path.join(folder, 'own.pem')];
  for (const file of [shared, own]) await writeFile(file, await makePem('a.org', { keyType: 'ec' }));
  const stateDir = path.join(folder, 'state');
  const chosen = await chooseCertificates({ wanted: [shared], env: {}, stateDir });
  const [wanted, told] = [[] as Document[], [] as News[]];
  const story = Story.begin();
  const judge = new CertificateJudge({
    stateDir,
    log: SILENT,
    now: Date.now,
    signal: over.signal,
    chosen,
    tell: (one) => {
      told.push(one);
      see(story.tell(one));
    },
    drained: () => Promise.resolve(),
  });
  const gate = makeGate({
    drive: { want: (document) => wanted.push(document) },
    waitsFor: judge.firstLook,
    what: 'the first look at certificates',
    mostMs: 10_000,
    log: SILENT,
    signal: over.signal,
  });
  const see = (view: View): void => {
    gate.see(view);
    judge.see(view);
  };
  see(story.tell(read(withLabel(own, task(1)))));
  expect(wanted).toEqual([]);
  await judge.idle();
  await gate.opened;
  expect(told).toMatchObject([
    { kind: 'certificates', certificates: { files: [shared], named: [{ file: own, serves: [own], faults: [] }] } },
  ]);
  expect(wanted.length).toBeGreaterThan(0);
  expect(wanted.every(({ certificates }) => certificates?.pems?.has(own))).toBe(true);

  const missing = path.join(folder, 'missing.pem');
  const later = story.tell(read(withLabel(missing, task(1))));
  see(later);
  expect(wanted.at(-1)).toBe(later.document);
  await judge.idle();
  expect(told.at(-1)).toMatchObject({ certificates: { named: [{ file: missing, serves: [] }] } });
  expect(story.tell(...told.slice(-1)).leftOut).toMatchObject([{ why: 'certificate' }]);
});

test('a certificate given as text that could not be written to its own place: a label that names that place gets it, without a Problem', async () => {
  const [place, elsewhere, stateDir] = [path.join(folder, 'read-only'), path.join(folder, 'run', 'ssl'), path.join(folder, 'state')];
  await writeFile(place, ''); // no folder, so nothing can be written below it
  const [inPlace, written] = [path.join(place, 'cert.pem'), path.join(elsewhere, 'cert.pem')];
  const env = { HAPROXY_SSL_CERT: await makePem('a.org', { keyType: 'ec' }) };
  const chosen = await chooseCertificates({ wanted: [inPlace], env, stateDir, folder: place, elsewhere });
  expect(chosen).toMatchObject({ files: [written], problems: [], elsewhere: [{ file: written, insteadOf: { file: inPlace } }] });
  const told: News[] = [];
  const tell = (one: News): number => told.push(one);
  const drained = (): Promise<void> => Promise.resolve();
  const judge = new CertificateJudge({ stateDir, log: SILENT, now: Date.now, signal: over.signal, chosen, tell, drained });
  judge.see(Story.begin().tell(read(withLabel(inPlace, task(1)))));
  await judge.idle();
  expect(told).toMatchObject([{ certificates: { named: [{ file: inPlace, serves: [written], faults: [] }], problems: [] } }]);
});
