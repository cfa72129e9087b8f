import type { Client } from '../source/client.ts';
import { makeWrite, type WriteResponse } from '../source/write.ts';
import { DeployError, EXIT } from './deploy-error.ts';
import { isObject, readGroup, type JsonObject } from './read-group.ts';
import type { Group } from './shapes.ts';

/** What a deployment reads from Marathon, and what it has Marathon do. */
export interface MarathonSide {
  readonly read: (group: string) => Promise<Group>;
  /** Makes an app; false when there is one with that id already. */
  readonly create: (app: JsonObject) => Promise<boolean>;
  /** Changes an app; false while Marathon deploys it. */
  readonly change: (id: string, change: JsonObject, force?: boolean) => Promise<boolean>;
  /** Kills tasks and makes their app smaller by as many; false while Marathon deploys the app. */
  readonly kill: (tasks: readonly string[]) => Promise<boolean>;
  /** Removes an app; false while Marathon deploys it. An app that is gone already counts as removed. */
  readonly remove: (id: string, force?: boolean) => Promise<boolean>;
}

/** Marathon, as a deployment sees it. Each function rejects with a DeployError whose exit code is that of marathon-lb's zdd. */
export function makeMarathonSide(client: Pick<Client, 'readApps' | 'get' | 'urls'>, signal: AbortSignal): MarathonSide {
  const [{ readApps }, write] = [client, makeWrite(client)];
  const send = async (method: 'POST' | 'PUT' | 'DELETE', path: string, { body, code, taken }: Sent): Promise<WriteResponse> => {
    const written = await write({ method, path, body, signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw new DeployError(error instanceof Error ? error.message : 'Marathon could not be changed', code, error);
    });
    if (written.status < 300 || taken.includes(written.status)) return written;
    throw new DeployError(`Marathon refused ${method} ${path} with HTTP ${written.status}: ${messageOf(written.json)}`, code);
  };
  const forced = (force: boolean): string => (force ? '?force=true' : '');
  return {
    read: async (group) => {
      const { answer } = await readApps((json): unknown => JSON.parse(json), signal).catch((error: unknown) => {
        signal.throwIfAborted();
        throw new DeployError(error instanceof Error ? error.message : "Marathon's apps could not be read", EXIT.readApps, error);
      });
      return readGroup(group, answer.filter(isObject));
    },
    create: async (app) => (await send('POST', '/v2/apps', { body: app, code: EXIT.create, taken: [409] })).status !== 409,
    change: async (id, change, force = false) =>
      (await send('PUT', `/v2/apps${id}${forced(force)}`, { body: change, code: EXIT.scale, taken: [409] })).status !== 409,
    kill: async (ids) =>
      (await send('POST', '/v2/tasks/delete?scale=true', { body: { ids }, code: EXIT.scale, taken: [409] })).status !== 409,
    remove: async (id, force = false) =>
      (await send('DELETE', `/v2/apps${id}${forced(force)}`, { body: undefined, code: EXIT.remove, taken: [404, 409] })).status !== 409,
  };
}

interface Sent {
  readonly body: unknown;
  readonly code: number;
  /** Statuses that the caller understands. */
  readonly taken: readonly number[];
}

function messageOf(json: unknown): string {
  return isObject(json) && typeof json['message'] === 'string' ? json['message'] : 'it did not say why';
}
