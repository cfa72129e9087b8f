import { openMarathon } from '../daemon/open-marathon.ts';
import type { DeployEnd, DeployWish } from '../demo/basket.ts';
import type { DemoPlaces } from '../demo/demo.ts';
import { readLimits } from '../deploy/analysis.ts';
import { DeployError } from '../deploy/deploy-error.ts';
import { deploy, TakenBack, type DeployTask } from '../deploy/engine.ts';
import { makeMarathonSide } from '../deploy/marathon-side.ts';
import { prepare } from '../deploy/prepare.ts';
import type { Growth } from '../deploy/shapes.ts';
import { defaultSettings } from '../options/options.ts';
import { analysisFor, digest, engineFor } from './deploy-parts.ts';

const GROWTH: Growth = { by: 'half' };

/**
 * Deploys an app of the demo's story with the same engine as `marathon-lb-ts deploy start`, and tells what is done; waits are not told. Rejects when
 * the demo ends meanwhile.
 */
export async function deployInDemo(wish: DeployWish & DemoPlaces): Promise<DeployEnd> {
  const { app, marathon: url, balancer, pauseMs, say, signal } = wish;
  const client = await openMarathon({ ...defaultSettings(), marathon: [url] }, {});
  try {
    const opened = { marathon: makeMarathonSide(client, signal), balancers: [new URL(balancer)], signal, say: sayDeeds(say) };
    const flags = {
      stepDelay: pauseMs / 1000,
      onTimeout: 'kill',
      analysis: wish.analysis === undefined ? undefined : readLimits(wish.analysis),
    } as const;
    const id = String(app['id']);
    const engine = engineFor(opened, { group: id, base: id, flags, analysis: analysisFor(flags) });
    const outcome = await deploy(engine, taskOf(wish));
    return outcome === 'first' ? 'first' : 'complete';
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof DeployError)) throw error;
    if (!(error instanceof TakenBack)) say(error.message);
    return 'taken back';
  } finally {
    await client.close();
  }
}

function taskOf({ app, stepMs }: DeployWish): DeployTask {
  return {
    plan: { growth: GROWTH, stepMs, onTimeout: 'kill', direction: 'forward' },
    make: ({ apps }) =>
      prepare({ app, previous: apps.at(-1), initial: 1, newInstances: 0, instancesFrom: 'json', growth: GROWTH, now: new Date() }),
    key: digest(JSON.stringify(app)),
    confirm: () => Promise.resolve(),
  };
}

/** Without the waits, and without the long ids of tasks. */
function sayDeeds(say: (sentence: string) => void): (sentence: string) => void {
  return (sentence) => {
    if (!sentence.startsWith('waiting for')) say(sentence.replace(/^(killing [^:]*):.*/, '$1'));
  };
}
