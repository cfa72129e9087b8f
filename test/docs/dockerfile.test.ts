import { expect, test } from '@jest/globals';
import { readStages, wordsOf } from '../image/dockerfile.ts';

test('the image: both bases can be given, OCI labels, no npm in the last stage, a process 1 that hands signals on, and a writable state folder', async () => {
  const stages = await readStages('Dockerfile');
  const last = stages.at(-1);
  const textOf = (name: string): string => (last?.instructions ?? []).flatMap((one) => (one.name === name ? [one.text] : [])).join('\n');
  expect(stages.map(({ base }) => base)).toEqual([expect.stringMatching(/^node:24-/), expect.stringMatching(/^debian:/)]);
  for (const label of ['title', 'description', 'licenses', 'version', 'revision'])
    expect(textOf('LABEL')).toContain(`org.opencontainers.image.${label}=`);
  expect(textOf('RUN')).toMatch(/ca-certificates/);
  expect(textOf('RUN')).not.toMatch(/runit|npm|perl/);
  expect(textOf('RUN')).toMatch(/chmod 1777 .*\/var\/lib\/marathon-lb-ts/);
  expect(last && wordsOf(last, 'ENTRYPOINT')).toEqual(['tini', '--', expect.stringContaining('container-start')]);
});
