import { expect, test } from '@jest/globals';
import type { Network, Port, Task } from '../../src/model/snapshot.ts';
import { endpointOf } from '../../src/services/addresses.ts';
import { port, task } from './make.ts';

const BOTH: Partial<Task> = { addresses: ['192.168.0.7', 'fd00::7'], hostPorts: [31000, undefined, 31002] };

test.each<[string, Network, Partial<Task>, number, Partial<Port> | undefined, unknown]>([
  ['host mode', 'host', BOTH, 0, { container: undefined }, { address: '10.0.0.1', port: 31000 }],
  ['bridge mode, whatever addresses there are', 'bridge', BOTH, 2, {}, { address: '10.0.0.1', port: 31002 }],
  ['container mode', 'container', BOTH, 0, {}, { address: '192.168.0.7', port: 80 }],
  ['container mode without a host port', 'container', BOTH, 1, {}, { address: '192.168.0.7', port: 80 }],
  ['container mode, IPv6', 'container', { addresses: ['fd00::7'] }, 0, {}, { address: 'fd00::7', port: 80 }],
  ['container mode, port 0 is that of the host', 'container', BOTH, 2, { container: 0 }, { address: '192.168.0.7', port: 31002 }],
  ['container mode, port 0 and none of the host', 'container', BOTH, 1, { container: 0 }, 'no-port'],
  ['container mode without an address yet', 'container', { addresses: [] }, 0, {}, 'no-address'],
  ['container mode without a container port', 'container', BOTH, 0, { container: undefined }, 'no-port'],
  ['container mode without such a port', 'container', BOTH, 9, undefined, 'no-port'],
  ['host mode without an address', 'host', { ...BOTH, hostAddress: undefined }, 0, {}, 'no-address'],
  ['host mode, fewer ports than the definition', 'host', BOTH, 3, {}, 'no-port'],
  ['bridge mode, a hole', 'bridge', BOTH, 1, {}, 'no-port'],
])('%s', (_, network, given, index, of, endpoint) => {
  expect(endpointOf({ network, task: task(given), index, port: of && port(of) })).toEqual(endpoint);
});
