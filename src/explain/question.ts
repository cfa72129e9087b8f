import { withoutEnd } from '../lib/without-end.ts';

/** What somebody asks about. */
export type ExplainQuestion =
  | { readonly about: 'app'; readonly app: string }
  | { readonly about: 'route'; readonly host: string; readonly path: string }
  | { readonly about: 'port'; readonly port: number };

/**
 * What a word on the command line asks about: `/shop` is an app, `:10004` a port, all else a virtual host with or without a path. A URL as people
 * copy it is a host as well. Throws an Error with a sentence for a word that is none of them.
 */
export function readQuestion(word: string): ExplainQuestion {
  const text = word.trim();
  if (/^:\d+$/.test(text)) return { about: 'port', port: portOf(text.slice(1)) };
  if (text.startsWith('/')) return { about: 'app', app: text.length > 1 ? withoutEnd(text, '/') : text };
  const [, host, path = '/'] = /^(?:https?:\/\/)?(\[[^\]\s]+\]|[^/:?#\s]+)(?::\d+)?(\/[^?#\s]*)?(?:[?#]\S*)?$/i.exec(text) ?? [];
  if (host === undefined || !/^(?:[\w.*-]+|\[[0-9a-f:.]+\])$/i.test(host))
    throw new Error(`${JSON.stringify(word)} is no app, host or port: wanted is /shop, shop.acme.org, shop.acme.org/cart or :10004`);
  return { about: 'route', host: host.toLowerCase().replace(/\.$/, ''), path };
}

function portOf(digits: string): number {
  const port = Number(digits);
  if (port < 1 || port > 65_535) throw new Error(`:${digits} is no port: wanted is a number from 1 to 65535`);
  return port;
}
