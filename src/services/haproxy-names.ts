import { hash } from 'node:crypto';
import type { AppId, BackendName, ServerName } from '../model/names.ts';

/** '/shop/cart' on 10004 is 'shop_cart_10004' [marathon-lb]. */
export function backendName(app: AppId, servicePort: number): BackendName {
  return `${app.slice(1).replaceAll('/', '_')}_${servicePort}` as BackendName;
}

/** '<host>_<ip>_<port>', or '<ip>_<port>' where both are the same; what HAProxy does not take in a name becomes '_' [marathon-lb]. */
export function serverName(host: string, address: string, port: number): ServerName {
  const text = host === address ? `${address}_${port}` : `${host}_${address}_${port}`;
  return text.replace(/[^a-zA-Z0-9-]/g, '_') as ServerName;
}

/**
 * A number for a server that stays as long as its name does: sha256 of the name mod 32767; where that is 0 or taken in the backend, the name
 * becomes '<name> <sha256 of the name>' and it is tried again [marathon-lb: calculate_server_id]. Adds the id to `taken`.
 */
export function serverId(name: string, taken: Set<number>): number {
  const id = modulo32767(hash('sha256', name, 'binary'));
  if (id === 0 || taken.has(id)) return serverId(`${name} ${hash('sha256', name)}`, taken);
  taken.add(id);
  return id;
}

/** A number of any length, two bytes a step, mod 32767: Horner's rule. Bytes as characters are five times as fast here as hexadecimal digits. */
function modulo32767(bytes: string): number {
  let rest = 0;
  for (let i = 0; i < bytes.length; i += 2) rest = (rest * 65536 + bytes.charCodeAt(i) * 256 + bytes.charCodeAt(i + 1)) % 32767;
  return rest;
}
