import { isClassName } from '../haproxy/classes.ts';
import type { Document, Fragment } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';

const NAME = /^[\w.:-]+$/;

/** The backends that HAProxy has and the document does not: an earlier daemon made them, or did not delete them. */
export function strayNames(known: ReadonlySet<string>, { backends, spares = [], front }: Document): readonly BackendName[] {
  const left = new Set(spares.some(({ backend }) => isClassName(backend)) ? known : []); // without these sections no daemon makes backends
  for (const { backend } of backends) left.delete(backend);
  for (const { backend } of spares) left.delete(backend);
  const isInFront = (name: string): boolean => front.some(({ fragments }) => begins({ backend: name, fragments }));
  return [...left].flatMap((name) => (NAME.test(name) && !isInFront(name) ? [name as BackendName] : []));
}

/** Whether a backend and its servers have names as ours: a HAProxy that the daemon does not start itself may have more files than ours. */
export function isLikeOurs(backend: BackendName, servers: Iterable<string>): boolean {
  const names = [...servers];
  return (names.length > 0 || /_\d+$/.test(backend)) && names.every((name) => /^[\w-]+_\d+$/.test(name));
}

/** Whether a section really writes its backend, because a template of the operator may write a different section or none. */
export function begins({ backend, fragments }: { readonly backend: string; readonly fragments: readonly Fragment[] }): boolean {
  return fragments.some(({ text }) =>
    text.split('\n').some((line) => line.trim().replace(/^listen\s+|^backend\s+/, 'backend ') === `backend ${backend}`),
  );
}
