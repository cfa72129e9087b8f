import type { Definition } from '../model/snapshot.ts';
import type { Bind } from '../model/service.ts';
import type { PortLabels } from './labels.ts';

/** Whether a port without a service port is reached by its virtual hosts or as a default alone. Only pods have such ports. */
export function isReachedByHost({ pod }: Definition, { hosts = [], isDefault, pathType, mode }: PortLabels): boolean {
  return pod === true && mode !== 'tcp' && (hosts.length > 0 || isDefault === true || pathType !== undefined);
}

/**
 * Whether an endpoint of a pod needs a service port: a load balancer is meant to serve it, its labels give no port, and no virtual host leads to it.
 * Marathon gives pods none, and the range is small, so a port is assigned only where nothing else leads to the endpoint.
 */
export function isPortWanted(labels: Definition['labels'], index: number): boolean {
  const own = (key: string): string => (labels[`HAPROXY_${index}_${key}`] ?? '').trim();
  const isGrouped = own('GROUP') !== '' || (labels['HAPROXY_GROUP'] ?? '').trim() !== '';
  const isRouted = ['VHOST', 'DEFAULT', 'PATH_TYPE'].some((key) => own(key) !== '');
  return isGrouped && own('PORT') === '' && (!isRouted || own('MODE').toLowerCase() === 'tcp');
}

/** The bind of a port; undefined without a service port, which is 0 then. */
export function ownBind(values: PortLabels, port: number, bindAddress: string): Bind | undefined {
  if (port === 0) return undefined;
  return { address: values.bindAddress ?? bindAddress, port, certificate: values.certificate, options: values.bindOptions };
}
