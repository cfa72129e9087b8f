/** What differs on the wire between the releases of Marathon. There is one field for each difference, so a release is one value of this type. */
export interface Dialect {
  /** The version as `/v2/info` tells it: '1.11.24'. */
  readonly version: string;
  /** What stands for an unset option of an app: null is written (up to 1.4), undefined is left out. */
  readonly unsetInApps: null | undefined;
  /** The same for tasks and health results, where null is written up to 1.5. */
  readonly unsetInTasks: null | undefined;
  /** From 1.5: `networks` and `container.portMappings`; before: `docker.network`, `docker.portMappings`, `ipAddress`, `ports`. */
  readonly networks: boolean;
  /** From 1.6 a task always has `ports`, `ipAddresses`, `healthCheckResults`, `servicePorts` and `localVolumes`, even if they are `[]`. */
  readonly emptyLists: boolean;
  /** From 1.8: `<path>.instance-<uuid>._app.1`; before: `<path>.<uuid>`. */
  readonly instanceTaskIds: boolean;
  /** From 1.4: `instance_changed_event`, `instanceId` where health results and events had `taskId`, `ipAddresses` in every status event. */
  readonly instances: boolean;
  /** From 1.5: `instance_health_changed_event` reports all checks of a task together. */
  readonly instanceHealth: boolean;
  /** From 1.3.7: `event_type` filters the stream. */
  readonly eventFilter: boolean;
  /** The checks with `delaySeconds`: from 1.4 those that Mesos runs, from 1.5 all checks. */
  readonly delayedChecks: 'none' | 'mesos' | 'all';
  /** The checks with `ignoreHttp1xx`: up to 1.3 all checks, later only HTTP checks. */
  readonly ignoringChecks: 'http' | 'all';
  /** From 1.6: the `ipProtocol` of a health check. */
  readonly ipProtocol: 'IPv4' | undefined;
  /** From 1.9: the `role` of apps and tasks. */
  readonly role: '*' | undefined;
  /** The status for an unknown path: 500 from 1.8 on. Nobody has tried 1.6 and 1.7; they are assumed to answer like older releases. */
  readonly unknownPath: 404 | 500;
  /** From 1.7.149: `X-Frame-Options` and `X-XSS-Protection`. */
  readonly frameHeaders: boolean;
}

/** The dialect of a release from 1.3.0 on. Throws an Error for any other version. */
export function dialectOf(version: string): Dialect {
  const [major = 0, minor = 0, patch = 0] = /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [];
  const since = (leastMinor: number, leastPatch = 0): boolean => minor > leastMinor || (minor === leastMinor && patch >= leastPatch);
  if (major !== 1 || !since(3)) throw new Error(`Cannot play Marathon "${version}": wanted a release from 1.3.0 on, such as "1.11.24"`);
  return {
    version,
    unsetInApps: since(5) ? undefined : null,
    unsetInTasks: since(6) ? undefined : null,
    networks: since(5),
    emptyLists: since(6),
    instanceTaskIds: since(8),
    instances: since(4),
    instanceHealth: since(5),
    eventFilter: since(3, 7),
    delayedChecks: since(5) ? 'all' : since(4) ? 'mesos' : 'none',
    ignoringChecks: since(4) ? 'http' : 'all',
    ipProtocol: since(6) ? 'IPv4' : undefined,
    role: since(9) ? '*' : undefined,
    unknownPath: since(8) ? 500 : 404,
    frameHeaders: since(7, 149),
  };
}
