import { TEMPLATES_IN_LABELS } from '../haproxy/catalogue.ts';
import type { AppId } from '../model/names.ts';
import type { Definition } from '../model/snapshot.ts';
import { readLabels } from '../services/read-labels.ts';

/** What the labels of one port ask for, whether or not the port is served. */
export interface LabelledPort {
  /** The id under which it is served. */
  readonly app: AppId;
  readonly author: AppId;
  readonly index: number;
  readonly hosts: readonly string[];
  readonly servicePort: number | undefined;
}

/** What the ports of an app ask for by their labels. */
export function labelledPorts({ id, ports, ...rest }: Definition, servedAs: AppId): readonly LabelledPort[] {
  const labels = readLabels({ id, ports, ...rest }, TEMPLATES_IN_LABELS);
  return labels.ports.map(({ values }, index) => ({
    app: servedAs,
    author: id,
    index,
    hosts: values.hosts ?? [],
    servicePort: values.port ?? ports[index]?.service,
  }));
}
