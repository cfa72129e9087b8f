import type { BackendSection, Document, Fragment, MapFile, Section } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import { ownerKey } from './app-owners.ts';
import { wordsOf } from './fragment-lines.ts';

/**
 * A document without the given services (`ownerKey`s): without their rules in shared frontends, their own frontends, userlists, backends and map
 * entries. A backend that a rule of another owner leads to stays, without servers. Untouched sections are the same objects.
 */
export function withoutServices(document: Document, owners: ReadonlySet<string>): Document {
  if (owners.size === 0) return document;
  const isOut = ({ owner }: Fragment): boolean => owner.by === 'app' && owners.has(ownerKey(owner));
  const front = document.front.flatMap((section) => frontWithout(section, isOut));
  const [kept, gone] = [[] as BackendSection[], new Map<string, BackendSection>()];
  for (const section of document.backends) {
    if (section.fragments.some(isOut)) gone.set(section.backend, section);
    else kept.push(section);
  }
  const backends = gone.size === 0 ? document.backends : [...kept, ...placeholders(gone, [...front, ...kept])];
  const maps = Object.fromEntries(Object.entries(document.maps).map(([file, map]) => [file, mapWithout(map, gone)]));
  const spares = document.spares?.filter(({ fragments }) => !fragments.some(isOut));
  return { ...document, front, backends, maps, ...(spares && { spares }) };
}

function frontWithout(section: Section, isOut: (fragment: Fragment) => boolean): readonly Section[] {
  const [head] = section.fragments;
  if (head === undefined || !section.fragments.some(isOut)) return [section];
  const fragments = section.fragments.filter((fragment) => !isOut(fragment));
  const isEmptied = head.template === OF_A_HOST && !fragments.some(({ owner }) => owner.by === 'app');
  return isOut(head) || isEmptied ? [] : [{ name: section.name, fragments }];
}

/** The https frontend of one host. It has the bind options of the host's apps, so it is removed with the last of them. */
const OF_A_HOST = 'HAPROXY_HTTPS_GROUPED_VHOST_FRONTEND_HEAD';

/** Removes entries that lead to a backend that is gone. */
function mapWithout(map: MapFile, gone: ReadonlyMap<string, unknown>): MapFile {
  const kept = [...map].filter(([, backend]) => !gone.has(backend));
  return kept.length === map.size ? map : new Map(kept);
}

/** Empty backends for those that are gone but that remaining rules lead to, because HAProxy refuses a rule to a missing backend. They answer 503. */
function placeholders(gone: ReadonlyMap<string, BackendSection>, sections: readonly Section[]): readonly BackendSection[] {
  const modes = new Map<string, string>();
  for (const { fragments } of sections) {
    for (const { text } of fragments) {
      for (const word of wordsOf(text)) if (gone.has(word) && !modes.has(word)) modes.set(word, modeOf(fragments));
    }
  }
  return [...modes].map(([name, mode]) => ({
    name: `backend ${name}`,
    backend: name as BackendName,
    fragments: [{ template: 'HAPROXY_BACKEND_HEAD', owner: { by: 'operator' }, text: `\nbackend ${name}\n${mode}` }],
    servers: new Map(),
    leaving: new Set(),
  }));
}

/** The mode line of a section. A backend needs the same mode as the frontend that leads to it. */
function modeOf(fragments: readonly Fragment[]): string {
  for (const { text } of fragments) {
    const found = /^[ \t]*mode[ \t]+\S+/m.exec(text);
    if (found !== null) return `  ${found[0].trim()}\n`;
  }
  return '';
}
