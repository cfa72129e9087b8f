import { each } from '../lib/lists.ts';
import type { Document, Fragment, MapFile, Section } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import type { Problem } from '../model/problem.ts';
import type { TakenBind } from '../model/quarantine.ts';
import { withoutBinds } from './binds.ts';
import { HEALTH_MAP } from './settings.ts';

interface Bound {
  readonly document: Document;
  /** One for each bind that is left out. */
  readonly problems: readonly Problem[];
  /** Why, for each left-out bind that the operator asked for by a flag, a default or a template. */
  readonly unbound: readonly string[];
}

const NONE: readonly string[] = [];

/** The health page is red while a port of the operator's is not bound: the map has the same entry as when HAProxy is about to end. */
const RED: MapFile = new Map([['stop', '1' as BackendName]]);

/**
 * Returns a function that removes from a document the binds that HAProxy can't get, in the load balancer's own frontends and in templates. The
 * sections stay, so that nothing else in the file changes: a frontend gets its `bind` back as soon as the address is free. Untouched parts are the
 * same objects, and the same section with the same binds gives the same object. When a bind of the operator's is left out, HAProxy's health page is
 * red, unless `degradedOk` is set.
 */
export function makeWithoutTaken(degradedOk: boolean): (document: Document, taken: readonly TakenBind[]) => Bound {
  let last: { readonly taken: readonly TakenBind[]; readonly cut: (sections: readonly Section[]) => readonly Cut[] } | undefined;
  return (document, taken) => {
    if (taken.length === 0) return { document, problems: [], unbound: NONE };
    if (last?.taken !== taken) last = { taken, cut: each((section: Section) => cutSection(section, taken)) };
    const cuts = last.cut(document.front);
    const problems = cuts.flatMap((cut) => cut.problems);
    if (problems.length === 0) return { document, problems, unbound: NONE };
    const unbound = degradedOk ? NONE : problems.flatMap(({ owner, message }) => (owner.by === 'operator' ? [message] : []));
    const hasPage = unbound.length > 0 && document.maps[HEALTH_MAP] !== undefined;
    const maps = hasPage ? { ...document.maps, [HEALTH_MAP]: RED } : document.maps;
    return { document: { ...document, front: cuts.map(({ section }) => section), maps }, problems, unbound };
  };
}

interface Cut {
  readonly section: Section;
  readonly problems: readonly Problem[];
}

function cutSection(section: Section, taken: readonly TakenBind[]): Cut {
  const problems: Problem[] = [];
  const fragments = section.fragments.map((fragment): Fragment => {
    const out = new Set<TakenBind>();
    const text = withoutBinds(fragment.text, ({ address, port }) => {
      const found = taken.find((one) => one.address === address && one.port === port);
      if (found !== undefined) out.add(found);
      return found !== undefined;
    });
    for (const one of out) problems.push(notBound(one, section, fragment));
    return out.size === 0 ? fragment : { ...fragment, text };
  });
  return { section: problems.length === 0 ? section : { ...section, fragments }, problems };
}

function notBound({ why }: TakenBind, { name }: Section, { owner, template, label }: Fragment): Problem {
  const where = name === 'head' ? template : name;
  const flags = owner.by === 'operator' ? '; --http-port, --https-port, --app-id-port and --stats-port choose the shared ones' : '';
  return {
    code: 'port-conflict',
    owner,
    ...(label !== undefined && { label }),
    message: `${where} is without one of its binds: ${why}`,
    hint: `the address is bound as soon as it is free${flags}`,
  };
}
