import type { Endpoint } from '../lib/endpoint.ts';
import { endpointOrOff, hostName, list, nonEmpty, seconds } from './readers.ts';
import { option } from './row.ts';

const NO_HOSTS: readonly string[] = [];

/** Where the admin side listens over TCP when --admin-address does not say. */
export const USUAL_ADMIN_ADDRESS: Endpoint = { address: '127.0.0.1', port: 9092 };

/** The flags for the admin side: health, metrics and the API. */
export const ADMIN_OPTIONS = {
  adminAddress: option<Endpoint | 'off' | undefined>('--admin-address <address:port>', 'Admin', {
    help: 'where health, metrics and the API are served over HTTP, beside the socket admin.sock in --run-dir; or off (default: 127.0.0.1:9092, if that port is free)',
    fallback: undefined,
    read: endpointOrOff,
  }),
  adminHost: option<readonly string[]>('--admin-host <name>', 'Admin', {
    help: "a host name by which clients may call --admin-address, beside addresses, localhost and this machine's own name; may be given several times",
    fallback: NO_HOSTS,
    read: list(hostName, NO_HOSTS),
  }),
  adminTokenFile: option<string | undefined>('--admin-token-file <file>', 'Admin', {
    help: 'a file with the token that lets other machines ask for a resync or a reload; without it only this machine may ask',
    fallback: undefined,
    read: nonEmpty,
  }),
  maxStaleness: option<number>('--max-staleness <seconds>', 'Admin', {
    help: '/health/sync fails when the last answer of Marathon is older than this; under --poll at least twice the poll time',
    fallback: 120,
    read: seconds,
  }),
};
