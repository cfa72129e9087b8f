import { expect, test } from '@jest/globals';
import { calm, makeRig, named } from './drive-rig.ts';
import { oneAtATime } from '../../src/lib/runs.ts';

test('a reload by hand that fails does not keep what is wanted from being applied', async () => {
  const rig = makeRig({}, 5);
  rig.drive.want(named('a'));
  await calm();
  rig.log.length = 0;
  rig.disk = 'broken by hand';
  rig.failures.push('no', 'no', 'no', 'no', 'no', 'no');
  rig.drive.reloadAsItIs();
  rig.drive.want(named('b'));
  await calm();
  expect(rig.log).toContain('put b');
});

test('HAProxy is gone and the wanted document is refused: it is started with the files in place', async () => {
  const rig = makeRig();
  rig.drive.want(named('a'));
  await calm();
  rig.refusals.push('no', 'no', 'no');
  rig.drive.want(named('b'));
  await calm();
  rig.log.length = 0;
  rig.runs = undefined;
  rig.drive.lost();
  await calm();
  expect(rig.runs).toBe('a');
});

test('oneAtATime after a failure runs again', async () => {
  let runs = 0;
  const run = oneAtATime(() => {
    runs++;
    return runs === 1 ? Promise.reject(new Error('x')) : Promise.resolve();
  });
  await expect(run()).rejects.toThrow('x');
  await run();
  expect(runs).toBe(2);
});
