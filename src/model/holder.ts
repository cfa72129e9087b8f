import type { AppId } from './names.ts';

/**
 * The backend name, binds and routes that a port of an app holds. It keeps them against other claims as long as the app exists and claims them, even
 * while it does not serve. Holders are taken from what HAProxy runs, and saved on the disk.
 */
export interface Holder {
  readonly app: AppId;
  /** The app in Marathon, when `app` is the name of a deployment group. */
  readonly author?: AppId;
  readonly index: number;
  /** One text for each backend name, bind and route, made by services/holders.ts. */
  readonly holds: readonly string[];
}
