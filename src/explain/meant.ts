import type { View } from '../model/view.ts';

/**
 * What was probably meant by a host that no app names, in the words in which `explain` is asked: the number of a port, an app without its slash, the
 * name of a backend as HAProxy's log has it, or the address of a server. Null where it is none of these.
 */
export function meantBy({ snapshot, services }: View, host: string): string | null {
  if (/^\d{1,5}$/.test(host)) return `:${host}`;
  const named = snapshot.apps.find(({ id }) => id.toLowerCase() === `/${host}`);
  if (named !== undefined) return named.id;
  const found =
    services.find(({ front }) => front.name.toLowerCase() === host) ??
    services.find(({ backend }) => backend.servers.some(({ address }) => address === host));
  return found?.front.app ?? null;
}
