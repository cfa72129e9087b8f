import { expect, test } from '@jest/globals';
import { Socket } from 'node:net';
import { makeConnections } from '../../../src/dns/net/connections.ts';

const addresses = (...all: readonly string[]) => {
  const connections = makeConnections({ most: 4, mostOfSource: 3 });
  const opened = all.map((address) => {
    const socket = new Socket();
    return { socket, connection: connections.add(socket, address) };
  });
  return { connections, opened, closed: () => opened.map(({ socket }) => socket.destroyed) };
};

test('for one more connection of a network the one that has been idle for longest is closed', () => {
  const { connections, opened, closed } = addresses('10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.9.9');
  opened[0]?.connection.busy();
  opened[0]?.connection.idle();
  connections.add(new Socket(), '10.0.0.4');
  expect(closed()).toEqual([false, true, false, false]);
});

test('one that waits for an answer is closed only where all others do as well', () => {
  const { connections, opened, closed } = addresses('10.0.0.1', '10.0.0.2', '10.0.0.3');
  opened[0]?.connection.busy();
  connections.add(new Socket(), '10.0.0.4');
  expect(closed()).toEqual([false, true, false]);
});

test('beyond the bound of all networks the oldest of any is closed', () => {
  const { connections, closed } = addresses('10.0.0.1', '10.0.1.1', '10.0.2.1', '10.0.3.1');
  connections.add(new Socket(), '10.0.4.1');
  expect(closed()).toEqual([true, false, false, false]);
});
