import { expect, test } from '@jest/globals';
import { demandOf, limit, needed, readLimit, tooFew } from '../../src/process/descriptors.ts';

// the least `ulimit -n` with which HAProxy 2.6.12 starts
test.each([
  [{ binds: 1, checks: 0, threads: 1 }, 236],
  [{ binds: 1, checks: 0, threads: 8 }, 257],
  [{ binds: 1, checks: 0, threads: 1, maxconn: 10 }, 56],
  [{ binds: 0, checks: 50, threads: 1 }, 285],
  [{ binds: 50, checks: 200, threads: 4 }, 494],
  [{ binds: 50, checks: 200, threads: 4, maxconn: 1000 }, 2294],
  [{ binds: 1000, checks: 0, threads: 2 }, 1238],
])('%j needs %d', (demand, wanted) => {
  expect(needed(demand)).toBe(wanted);
});

const CONFIG = `global
  # maxconn 5
  maxconn 50

  stats socket /run/h.sock
  nbthread 3
defaults
  maxconn 7
frontend f
  bind *:80,*:81
backend b
  server a 10.0.0.1:80 check inter 2s
  server b 10.0.0.1:81 check agent-check agent-port 9
  server c 10.0.0.1:82 check-ssl
`;

test('the demand of a configuration', () => {
  expect(demandOf(CONFIG, 16)).toEqual({ binds: 3, checks: 3, maxconn: 50, threads: 3 });
  expect(demandOf('global\ndefaults\n  maxconn 7\n', 16)).toEqual({ binds: 0, checks: 0, maxconn: undefined, threads: 16 });
  expect(demandOf('global\n  no strict-limits\n', 16)).toBeUndefined();
});

test('the message about too few descriptors says what needs them', () => {
  const demand = { binds: 10, checks: 20, threads: 2, maxconn: 1000 };
  expect(tooFew(demand, 2068)).toBeUndefined();
  expect(tooFew(demand, 2067)).toContain(
    'need 2068 file descriptors (10 listeners, 20 health checks, 2 threads, 1000 connections) but may have only 2067',
  );
});

test('the limit is the hard one, or with CAP_SYS_RESOURCE what the kernel allows', () => {
  const limits =
    'Limit                     Soft Limit           Hard Limit           Units\nMax open files            1024                 4096                 files\n';
  const nrOpen = '1048576\n';
  expect(readLimit({ limits, nrOpen, status: 'CapEff:\t0000000000000000\n' })).toBe(4096);
  expect(readLimit({ limits, nrOpen, status: 'CapEff:\t000001fffeffffff\n' })).toBe(4096); // all but bit 24
  expect(readLimit({ limits, nrOpen, status: 'CapEff:\t0000000001000000\n' })).toBe(1_048_576);
  expect(readLimit({ limits: '', nrOpen: '', status: '' })).toBe(Infinity);
});

test('the limit of this machine can be read', async () => {
  await expect(limit()).resolves.toBeGreaterThan(0);
  await expect(limit(process.pid)).resolves.toBe(await limit());
});
