import { expect, test } from '@jest/globals';
import { readSavedApp } from '../../src/saved/saved-app.ts';
import { decodeAll, readCases } from '../golden/cases.ts';

const PODS = readCases().flatMap(({ name, apps }) => (name.startsWith('pod-') ? decodeAll(apps).apps : []));

test.each(PODS.map((pod) => [pod.id, pod] as const))('pod %s is read back as it was saved', (_, pod) => {
  expect(readSavedApp(JSON.parse(JSON.stringify(pod)), 'the file')).toEqual(pod);
});
