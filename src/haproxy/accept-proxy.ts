import type { Section } from '../model/document.ts';

/** A line that binds what clients reach: no socket in memory, behind which HAProxy itself writes the header, and no UDP. */
const BIND = /^[ \t]*bind[ \t]+(?!abns@|quic[46]@)\S.*\n/gm;

/**
 * Returns a function that has a frontend read the PROXY header of connections from these networks, and of no others. HAProxy decides by the address of
 * the connection itself, and closes one from these networks that has no header. The lines stand directly behind the last bind: before all rules.
 */
export function makeAcceptProxy(networks: readonly string[]): (frontend: Section) => Section {
  const lines = networks.map((network) => `  tcp-request connection expect-proxy layer4 if { src ${network} }\n`).join('');
  const withLines = (text: string): string => {
    const last = Array.from(text.matchAll(BIND)).at(-1);
    if (last === undefined) return text;
    const end = last.index + last[0].length;
    return text.slice(0, end) + lines + text.slice(end);
  };
  return (frontend) => {
    const [head, ...rest] = frontend.fragments;
    if (head === undefined || networks.length === 0 || !frontend.name.startsWith('frontend ')) return frontend;
    const { standard } = head;
    return {
      ...frontend,
      fragments: [{ ...head, text: withLines(head.text), ...(standard && { standard: () => withLines(standard()) }) }, ...rest],
    };
  };
}
