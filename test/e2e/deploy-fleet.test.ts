import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { needBuild } from './command.ts';
import { makeDeploying, makeShop, type Deploying, type Shop } from './deploying.ts';
import { endAll } from './ends.ts';
import { needHaproxy, type Ends } from './fixtures/stage.ts';
import { openFleet, type Fleet } from './two-balancers.ts';

jest.setTimeout(120_000);

const ends: Ends = [];
let fleet: Fleet;
let it: Deploying;
const shops = new Map<string, Shop>();

beforeAll(needHaproxy);
beforeAll(needBuild);
beforeAll(async () => {
  fleet = await openFleet(ends);
  it = makeDeploying(fleet);
  const wishes = [
    { name: 'one', instances: 1 },
    { name: 'four', instances: 4, ports: 2 },
    { name: 'ten', instances: 10, isHostMode: true },
  ];
  for (const one of wishes) shops.set(one.name, await makeShop(one));
  for (const { daemon } of fleet.balancers) daemon();
  await it.first([...shops.values()]);
}, 60_000);
afterAll(() => endAll(ends));

const shop = (name: string): Shop => shops.get(name) as Shop;

test('1, 4 and 10 instances, one and two ports, Calico and host mode: green takes all, never with fewer in rotation', async () => {
  const all = ['one', 'four', 'ten'].map(shop);
  const flows = all.map((one) => it.traffic(one));
  const outcomes = await Promise.all(all.map((one) => it.run(one)));
  expect(outcomes).toEqual(all.map(() => 'complete'));
  for (const one of all) await expect(it.apps(one)).resolves.toEqual({ [`/${one.name}-green`]: one.instances });
  await Promise.all(flows.map(({ more }) => more(20)));
  for (const flow of flows) expect((await flow.stop()).failures).toEqual({});
  for (const one of all) expect([one.name, it.fewest(one)]).toEqual([one.name, one.instances]);
  expect(it.wrong).toEqual([]);
});
