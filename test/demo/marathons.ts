import { afterEach } from '@jest/globals';
import { startMarathon, type Marathon, type MarathonSettings } from '../../src/demo/marathon.ts';
import { getJson, openStream, type Frame } from './raw.ts';

export { NGINX } from './nginx.ts';

/** Marathons that end with their test. */
export function marathons(): (settings?: MarathonSettings) => Promise<Marathon> {
  const running: Marathon[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((marathon) => marathon.close()));
  });
  return async (settings) => {
    const marathon = await startMarathon(settings);
    running.push(marathon);
    return marathon;
  };
}

/** The frames that some commands send, behind the stream's own. */
export async function framesOf(marathon: Marathon, command: () => void): Promise<readonly Frame[]> {
  const stream = await openStream(marathon.port);
  await stream.framesUntil('event_stream_attached');
  command();
  marathon.sendEvent('end', {});
  const frames = await stream.framesUntil('end');
  stream.close();
  return frames.slice(1, -1);
}

/** The tutorial's app with its tasks. */
export async function appOf(
  marathon: Marathon,
): Promise<{ readonly [key: string]: unknown; readonly tasks: readonly Record<string, unknown>[] }> {
  const { app } = (await getJson(`${marathon.url}/v2/apps/nginx`)) as { app: { tasks: Record<string, unknown>[] } };
  return app;
}
