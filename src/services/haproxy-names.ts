import { hash } from 'node:crypto';
import type { AppId, BackendName, ServerName } from '../model/names.ts';

/**
 * The backend's name: 'shop_cart_10004' for '/shop/cart' on 10004, as in marathon-lb; 'shop_cart_http' for an endpoint of a pod that has no service
 * port.
 */
export function backendName(app: AppId, servicePort: number | string): BackendName {
  return `${app.slice(1).replaceAll('/', '_')}_${servicePort}` as BackendName;
}

/**
 * The server's name, as in marathon-lb: '<host>_<ip>_<port>', or '<ip>_<port>' when host and ip are the same. Characters other than letters, digits
 * and '-' become '_'.
 */
export function serverName(host: string, address: string, port: number): ServerName {
  const text = host === address ? `${address}_${port}` : `${host}_${address}_${port}`;
  return text.replace(/[^a-zA-Z0-9-]/g, '_') as ServerName;
}

/**
 * A server's id, which stays the same while its name does: SHA-256 of the name mod 32767. When that is 0 or taken in the backend, the name becomes
 * '<name> <sha256 of the name>' and is hashed again (marathon-lb: calculate_server_id). Adds the id to `taken`.
 */
export function serverId(name: string, taken: Set<number>): number {
  const id = modulo32767(hash('sha256', name, 'binary'));
  if (id === 0 || taken.has(id)) return serverId(`${name} ${hash('sha256', name)}`, taken);
  taken.add(id);
  return id;
}

/** A number of any length mod 32767, two bytes at a time by Horner's rule. A string of bytes is five times as fast here as hexadecimal digits. */
function modulo32767(bytes: string): number {
  let rest = 0;
  for (let i = 0; i < bytes.length; i += 2) rest = (rest * 65536 + bytes.charCodeAt(i) * 256 + bytes.charCodeAt(i + 1)) % 32767;
  return rest;
}
