import type { Endpoint } from '../lib/endpoint.ts';
import { endpointOrOff, hostName, list, networks, nonEmpty, seconds } from './readers.ts';
import { option } from './row.ts';

const NO_HOSTS: readonly string[] = [];

/** Where the admin side listens over TCP when --admin-address does not say. */
export const USUAL_ADMIN_ADDRESS: Endpoint = { address: '127.0.0.1', port: 9092 };

/** Loopback and the private networks (RFC 1918, RFC 4193). */
const NEAR: readonly string[] = ['127.0.0.0/8', '::1', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];

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
  adminNetworks: option<readonly string[]>('--admin-networks <networks>', 'Admin', {
    help: 'the networks that are answered on the stats port, separated by commas, or any; the health page is for all (default: loopback and private networks)',
    fallback: NEAR,
    read: networks,
  }),
  maxStaleness: option<number>('--max-staleness <seconds>', 'Admin', {
    help: '/health/sync fails when the last answer of Marathon is older than this; under --poll at least twice the poll time',
    fallback: 120,
    read: seconds,
  }),
};
