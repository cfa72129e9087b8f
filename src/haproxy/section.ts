import type { Fragment, Section } from '../model/document.ts';

/** Makes a section, named by the first line of its first fragment that opens a section. */
export function section(fragments: readonly Fragment[]): Section {
  const found = /^[ \t]*(?:frontend|backend|listen|userlist)[ \t]+\S+/m.exec(fragments[0]?.text ?? '');
  return { name: found?.[0].trim().replace(/\s+/, ' ') ?? 'unnamed', fragments };
}
