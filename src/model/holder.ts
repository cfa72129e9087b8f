import type { AppId } from './names.ts';

/**
 * What a port of an app has of what others may claim too: it keeps that as long as the app exists and claims it, whether or not it serves. Made
 * from what HAProxy runs, and kept on the disk.
 */
export interface Holder {
  readonly app: AppId;
  /** The app that Marathon has, where `app` is the name of a deployment group. */
  readonly author?: AppId;
  readonly index: number;
  /** A word for each backend name, bind and route, as services/holders.ts makes it. */
  readonly holds: readonly string[];
}
