import type { Definition, HealthCheck } from '../model/snapshot.ts';
import { checkOfPort } from './checks.ts';
import type { PortKind } from './conflicting-labels.ts';
import { PORT_LABELS } from './labels.ts';
import type { LabelsOfPort } from './read-labels.ts';
import { tableOf, type AskedTable } from './table.ts';

interface PortOf {
  readonly definition: Definition;
  readonly labels: LabelsOfPort;
  readonly index: number;
  /** Where its routes stand. */
  readonly asked: AskedTable;
}

/**
 * The mode of a port. A port with a virtual host is http even if the host can't be read or is not used, so that a typing error does not turn the port
 * of a web app into a tcp port.
 */
export function modeOf({ definition, labels, index, asked }: PortOf): 'http' | 'tcp' {
  if (asked.passthrough === true) return 'tcp';
  const check = checkFor(definition, labels.values.checkPortIndex, index);
  const isHttp = asked.table !== undefined || check?.protocol === 'HTTP' || namesHosts(labels, index);
  return labels.values.mode ?? (isHttp ? 'http' : 'tcp');
}

/** Whether a port has virtual hosts, or a label for them that can't be read. The label may be written HAPROXY_00_VHOST. */
function namesHosts({ values, names }: LabelsOfPort, index: number): boolean {
  return values.hosts !== undefined || names.includes(`HAPROXY_${index}_${PORT_LABELS.hosts.name}`);
}

/** The mode of a port, whether requests of the shared frontends lead to it, and whether Marathon has an http check for it. */
export function kindOf(definition: Definition, labels: LabelsOfPort, index: number): PortKind {
  const asked = tableOf({ definition, labels, index, overrides: labels.overrides });
  const mode = modeOf({ definition, labels, index, asked });
  const check = checkFor(definition, labels.values.checkPortIndex, index);
  return {
    mode,
    tcpBy: asked.passthrough === true ? 'tls' : 'mode',
    isRouted: asked.table !== undefined || namesHosts(labels, index),
    hasCheck: check !== undefined,
    hasHttpCheck: mode === 'http' && check?.protocol.includes('HTTP') === true,
  };
}

/** The Marathon check of a port, or of the port that HAPROXY_n_BACKEND_HEALTHCHECK_PORT_INDEX names. */
export function checkFor(definition: Definition, otherIndex: number | undefined, index: number): HealthCheck | undefined {
  return checkOfPort(definition, index) ?? (otherIndex === undefined ? undefined : checkOfPort(definition, otherIndex));
}
