import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { openEstate, type Estate } from './chaos/estate.ts';
import { FAULTS } from './chaos/faults.ts';
import { tryFault, type Fault } from './chaos/trial.ts';
import { needBuild } from './command.ts';
import { endAll } from './ends.ts';
import { needHaproxy, type Ends } from './fixtures/stage.ts';

jest.setTimeout(120_000);

/** Of all faults, which `npm run bench:chaos` makes, those of different kinds that are over soon. */
const SELECTION = [
  'Marathon refuses connections',
  '`{"apps": []}`, as if there were none',
  'rubbish between the events of the stream',
  "HAProxy's master is killed (kill -9)",
  'HAProxy is frozen (SIGSTOP)',
  "the socket of HAProxy's master is removed",
  'the run folder is removed',
  "a file takes the place of the socket of HAProxy's master",
  'haproxy.cfg is removed',
  'the state folder is removed',
  'the daemon is killed (kill -9), and started again later',
  'ten such apps at once',
].map((name): readonly [string, Fault | undefined] => [name, FAULTS.find(({ what }) => what === name)]);

const LASTS_MS = 600;

const ends: Ends = [];
const opened: { estate?: Estate } = {};

beforeAll(needHaproxy);
beforeAll(needBuild);
beforeAll(async () => {
  opened.estate = await openEstate({ ends, mount: false });
}, 60_000);
afterAll(() => endAll(ends), 60_000);

test.each(SELECTION)('%s: no request fails that need not, and all is in sync afterwards', async (_, fault) => {
  const { estate } = opened;
  if (estate === undefined || fault === undefined) throw new Error('there is no such estate or fault');
  const { failures, failuresAfter, inSyncMs } = await tryFault(estate, fault, LASTS_MS);
  expect(inSyncMs).toBeDefined();
  expect(fault.isFatal ? {} : failures).toEqual({});
  expect(failuresAfter).toEqual({});
});
