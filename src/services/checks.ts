import type { Check } from '../model/service.ts';
import type { Definition, HealthCheck } from '../model/snapshot.ts';

/**
 * The Marathon check that HAProxy repeats for a port: the check with this port's index, else the first check with a port number. (marathon-lb takes
 * the first of either kind.) A COMMAND check can't be repeated.
 */
export function checkOfPort({ checks }: Definition, index: number): HealthCheck | undefined {
  const usable = checks.filter(({ protocol }) => protocol !== 'COMMAND');
  const ofIndex = usable.find(({ at }) => at !== undefined && 'index' in at && at.index === index);
  return ofIndex ?? usable.find(({ at }) => at !== undefined && 'port' in at);
}

/** The path of a check without its fragment, because the text after `#` is never sent to a server. */
function pathOf({ path }: Pick<HealthCheck, 'path'>): string {
  const [sent = ''] = path.split('#', 1);
  return sent === '' ? '/' : sent;
}

/** The longest time of HAProxy's, in seconds: it counts milliseconds in a signed number of 32 bits. */
const LONGEST_SECONDS = 2_147_483;

/**
 * Why a check can't be put into a configuration, with what is wanted; undefined when it can. The path becomes one word of a line, so a space or line
 * end in it would add more than a value.
 */
export function faultOf(check: HealthCheck): string | undefined {
  const { protocol, intervalSeconds, timeoutSeconds, maxConsecutiveFailures } = check;
  const path = pathOf(check);
  const isHttp = protocol.includes('HTTP');
  if (isHttp && !/^\/[^\s"'#\\\p{Cc}\p{Zl}\p{Zp}]{0,4095}$/u.test(path))
    return `its path is ${JSON.stringify(path.slice(0, 80))} (wanted: an absolute path without blanks, quotes, '#' and '\\')`;
  for (const [name, seconds] of [
    ['intervalSeconds', intervalSeconds],
    ['timeoutSeconds', timeoutSeconds],
  ] as const)
    if (!(Number.isInteger(seconds) && seconds >= 1 && seconds <= LONGEST_SECONDS))
      return `its ${name} is ${seconds} (wanted: a whole number, 1 to ${LONGEST_SECONDS})`;
  return Number.isInteger(maxConsecutiveFailures) && maxConsecutiveFailures >= 0 && maxConsecutiveFailures < LONGEST_SECONDS
    ? undefined
    : `its maxConsecutiveFailures is ${maxConsecutiveFailures} (wanted: a whole number from 0)`;
}

/** What the labels say of HAProxy's check. */
interface CheckLabels {
  readonly healthPath: string | undefined;
  readonly healthInterval: number | undefined;
}

/** The check of HEALTH_PATH where Marathon has none: three failures, 5 s apart, take a server out. */
const OF_LABEL: Omit<Check, 'path' | 'intervalSeconds' | 'fromLabel'> = {
  protocol: 'http',
  marathonProtocol: 'HTTP',
  timeoutSeconds: 5,
  gracePeriodSeconds: 0,
  falls: 3,
  at: undefined,
};

/** HAProxy's check with what the labels say of it: HEALTH_PATH makes it an http check, also in tcp mode. */
export function withCheckLabels(check: Check | undefined, { healthPath, healthInterval }: CheckLabels): Check | undefined {
  if (healthPath === undefined) {
    return check === undefined || healthInterval === undefined ? check : { ...check, intervalSeconds: healthInterval };
  }
  const { intervalSeconds = 5 } = check ?? {};
  return {
    ...(check ?? OF_LABEL),
    protocol: 'http',
    path: healthPath,
    intervalSeconds: healthInterval ?? intervalSeconds,
    fromLabel: true,
  };
}

/** HAProxy's check in the terms of its configuration. `otherIndex` is the value of HAPROXY_n_BACKEND_HEALTHCHECK_PORT_INDEX. */
export function makeCheck(check: HealthCheck, mode: 'http' | 'tcp', otherIndex: number | undefined): Check {
  const isTcp = mode === 'tcp' || check.protocol === 'TCP' || check.protocol === 'MESOS_TCP';
  const ownPort = check.at !== undefined && 'port' in check.at ? check.at : undefined;
  return {
    protocol: isTcp ? 'tcp' : 'http',
    marathonProtocol: check.protocol,
    path: pathOf(check),
    intervalSeconds: check.intervalSeconds,
    timeoutSeconds: check.timeoutSeconds,
    gracePeriodSeconds: check.gracePeriodSeconds,
    falls: check.maxConsecutiveFailures + 1,
    at: otherIndex === undefined ? ownPort : { index: otherIndex },
  };
}
