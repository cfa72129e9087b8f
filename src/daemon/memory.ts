import { createHash } from 'node:crypto';
import type { MemoryAnswer, RefusedPort } from '../admin/memory.ts';
import type { Quarantined } from '../model/quarantine.ts';
import type { Service } from '../model/service.ts';
import type { View } from '../model/view.ts';
import { writtenOf } from '../services/sift-quarantined.ts';
import type { State } from '../snapshot/state.ts';

/** What a daemon knows beside what Marathon says, as `/v1/memory` tells it. */
export function tellMemory({ holders, quarantine, taken }: Pick<State, 'holders' | 'quarantine' | 'taken'>): MemoryAnswer {
  const refused = quarantine.filter(({ again }) => again?.isDue !== true);
  return {
    holders,
    refused: refused.map((one) => ({ ...toldOf(one), digest: digestOf(one.of) })),
    taken,
  };
}

/** What is told of a refused port to whoever leaves it out too. */
export function toldOf({ app, index, problems, isShutToo }: Quarantined): Omit<RefusedPort, 'digest'> {
  return { app, index, problems, ...(isShutToo === true && { isShutToo }) };
}

/** The quarantine of ports that were refused in the form that they have in this View. Without a digest the form is not compared. */
export function quarantineIn(
  { services, shut }: Pick<View, 'services' | 'shut'>,
  refused: readonly (Omit<RefusedPort, 'digest'> & Partial<Pick<RefusedPort, 'digest'>>)[],
): readonly Quarantined[] {
  const byPort = new Map([...services, ...shut].map((service) => [keyOf(service.front), service]));
  return refused.flatMap(({ digest, ...told }) => {
    const service: Service | undefined = byPort.get(keyOf(told));
    const of = service && writtenOf(service);
    return of === undefined || (digest !== undefined && digest !== digestOf(of)) ? [] : { ...told, of, files: [] };
  });
}

function keyOf({ app, index }: { readonly app: string; readonly index: number }): string {
  return `${app} ${index}`;
}

/** Tells whether two forms are the same and gives nothing away of what is in them, such as passwords. */
function digestOf(of: Quarantined['of']): string {
  return createHash('sha256')
    .update(JSON.stringify(of, (_, value: unknown) => inOrder(value)))
    .digest('hex');
}

/** An object with its fields in order of their names. */
function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
