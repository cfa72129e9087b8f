import { afterEach, beforeAll } from '@jest/globals';
import type { MarathonSettings } from '../../src/demo/marathon.ts';
import { needBuild } from './command.ts';
import { endAll } from './ends.ts';
import { needHaproxy, type Ends } from './fixtures/stage.ts';
import { openCluster, type Cluster } from './open-cluster.ts';

export type { Cluster, Place } from './open-cluster.ts';

/** Clusters that end with their test, HAProxy included. */
export function clusters(): (settings?: MarathonSettings) => Promise<Cluster> {
  const ends: Ends = [];
  beforeAll(needHaproxy);
  beforeAll(needBuild);
  afterEach(() => endAll(ends));
  return (settings) => openCluster({ ends, settings });
}
