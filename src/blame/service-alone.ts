import type { BackendSection, Document, Fragment, Section } from '../model/document.ts';
import { ownerKey, ownersIn } from './app-owners.ts';
import type { AppOwner } from '../model/problem.ts';
import { withoutServices } from './without-services.ts';

/** A document with one service alone: as it is, and with the default templates in place of the operator's. */
export interface ServiceAlone {
  readonly asItIs: Document;
  readonly withStandard: Document;
}

/**
 * The two documents whose verdicts tell a fault in the operator's template from a fault in the service's values, when no other service uses the
 * template. Faults of other services can't disturb, because the documents leave them out. Undefined when no template of the operator's makes a part
 * of the service.
 */
export function serviceAlone(document: Document, owner: AppOwner): ServiceAlone | undefined {
  const key = ownerKey(owner);
  const asItIs = withoutServices(document, new Set(ownersIn(document).filter((other) => other !== key)));
  const { document: standard, replaced } = withStandard(asItIs, ({ owner: of }) => of.by === 'app' && ownerKey(of) === key);
  return replaced === 0 ? undefined : { asItIs, withStandard: standard };
}

/**
 * A document in which the default templates make those fragments again that come from a template of the operator's and for which `isOut` is true, and
 * how many these are.
 */
export function withStandard(
  document: Document,
  isOut: (fragment: Fragment) => boolean,
): { readonly document: Document; readonly replaced: number } {
  let replaced = 0;
  const replace = (fragment: Fragment): Fragment => {
    if (fragment.standard === undefined || !isOut(fragment)) return fragment;
    replaced++;
    return { ...fragment, text: fragment.standard() };
  };
  const front = document.front.map((section): Section => ({ ...section, fragments: section.fragments.map(replace) }));
  const replaceAll = (section: BackendSection): BackendSection => {
    const servers = Array.from(section.servers, ([name, line]) => [name, replace(line)] as const);
    return { ...section, fragments: section.fragments.map(replace), servers: new Map(servers) };
  };
  const backends = document.backends.map(replaceAll);
  const made = replaced; // a spare backend is made of the same templates
  const spares = document.spares?.map(replaceAll);
  return { document: { ...document, front, backends, ...(spares && { spares }) }, replaced: made };
}
