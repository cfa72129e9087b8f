import { hideInLines } from '../lib/secrets.ts';
import type { Document, Fragment } from '../model/document.ts';

/** What of a document is of apps, as text for a person: rules in shared frontends, sections of their own, rows of maps. Secrets are hidden. */
export function renderedOfApps({ front, backends, maps }: Document): string {
  const isApps = ({ owner }: Fragment): boolean => owner.by === 'app';
  const fronts = front.flatMap(({ name, fragments }) => {
    const own = fragments.filter(isApps);
    if (own.length === 0) return [];
    const isWhole = fragments[0]?.owner.by === 'app';
    return [isWhole ? textOf(fragments) : `\n# in ${name}\n${textOf(own)}`];
  });
  const rows = Object.entries(maps).flatMap(([file, map]) =>
    map.size === 0 ? [] : [`\n# ${file}\n${Array.from(map, ([key, backend]) => `${key} ${backend}\n`).join('')}`],
  );
  const all = [...fronts, ...backends.map(({ fragments, servers }) => textOf([...fragments, ...servers.values()])), ...rows];
  return hideInLines(all.join('').replace(/^\n/, ''));
}

function textOf(fragments: readonly Fragment[]): string {
  return fragments.map(({ text }) => (text === '' || text.endsWith('\n') ? text : `${text}\n`)).join('');
}
