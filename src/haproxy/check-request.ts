import { lineWords, quoted } from './line-words.ts';

/**
 * The way in which DC/OS's documentation gives HAProxy's check a header, `option httpchk GET /x HTTP/1.1\r\nHost:\ a`, in HAProxy's own words for
 * it: HAProxy refuses the first from 3.0 on, and knows the second from 2.2 on. A text that has `http-check send` already stays as it is.
 */
export function withCheckRequest(text: string): string {
  if (!text.includes('httpchk') || /^[ \t]*http-check[ \t]+send\b/m.test(text)) return text;
  return text.replace(/^([ \t]*)option[ \t]+httpchk[ \t].*$/gm, (line: string, indent: string) => {
    const lines = translated(line);
    return lines?.map((one) => `${indent}${one}`).join('\n') ?? line;
  });
}

/** The lines that replace an `option httpchk` line; undefined when that line has no headers, or something that is not a header. */
function translated(line: string): readonly string[] | undefined {
  const [, , method, uri, last, ...more] = lineWords(line) ?? [];
  if (method === undefined || uri === undefined || last?.text.includes('\r\n') !== true || more.length > 0) return undefined;
  const [head = '', ...bodies] = last.text.split('\r\n\r\n');
  const [version = '', ...headers] = head.split('\r\n').filter((one, i) => i === 0 || one !== '');
  const sent = headers.map(readHeader);
  if (sent.includes(undefined)) return undefined;
  const words = [
    ...sent.flatMap(([name = '', value = ''] = []) => ['hdr', quoted(name), quoted(asFormat(value))]),
    ...(bodies.join('') === '' ? [] : ['body', quoted(bodies.join('\r\n\r\n'))]),
  ];
  const option = `option httpchk ${method.raw} ${uri.raw} ${version}`;
  return words.length === 0 ? [option] : [option, `http-check send ${words.join(' ')}`];
}

/** Name and value of a header; undefined for a text that is none. */
function readHeader(text: string): readonly string[] | undefined {
  const at = text.indexOf(':');
  const name = text.slice(0, Math.max(0, at));
  return name === '' || /\s/.test(name) ? undefined : [name, text.slice(at + 1).trimStart()];
}

/** Escapes a text for places where HAProxy expands `%`. */
function asFormat(text: string): string {
  return text.replaceAll('%', '%%');
}
