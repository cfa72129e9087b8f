import type { Fragment, Section } from '../model/document.ts';

/** A section, named by its first line that opens one. */
export function section(fragments: readonly Fragment[]): Section {
  const found = /^[ \t]*(?:frontend|backend|listen|userlist)[ \t]+\S+/m.exec(fragments[0]?.text ?? '');
  return { name: found?.[0].trim().replace(/\s+/, ' ') ?? 'unnamed', fragments };
}
