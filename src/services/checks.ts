import type { Check } from '../model/service.ts';
import type { Definition, HealthCheck } from '../model/snapshot.ts';

/**
 * The Marathon check that HAProxy repeats for a port: the one with this port's index, else the first with a port number of its own
 * [marathon-lb takes the first of either]. A command can't be repeated.
 */
export function checkOfPort({ checks }: Definition, index: number): HealthCheck | undefined {
  const usable = checks.filter(({ protocol }) => protocol !== 'COMMAND');
  const ofIndex = usable.find(({ at }) => at !== undefined && 'index' in at && at.index === index);
  return ofIndex ?? usable.find(({ at }) => at !== undefined && 'port' in at);
}

/** HAProxy's check in the terms of its configuration. `otherIndex`: HAPROXY_n_BACKEND_HEALTHCHECK_PORT_INDEX. */
export function makeCheck(check: HealthCheck, mode: 'http' | 'tcp', otherIndex: number | undefined): Check {
  const isTcp = mode === 'tcp' || check.protocol === 'TCP' || check.protocol === 'MESOS_TCP';
  const ownPort = check.at !== undefined && 'port' in check.at ? check.at : undefined;
  return {
    protocol: isTcp ? 'tcp' : 'http',
    marathonProtocol: check.protocol,
    path: check.path,
    intervalSeconds: check.intervalSeconds,
    timeoutSeconds: check.timeoutSeconds,
    gracePeriodSeconds: check.gracePeriodSeconds,
    falls: check.maxConsecutiveFailures + 1,
    at: otherIndex === undefined ? ownPort : { index: otherIndex },
  };
}
