/**
 * How long a renewed certificate takes to reach new handshakes while many are loaded, and whether HAProxy is reloaded for it.
 * `npm run bench:certificates -- 1000 10` for the number of certificates and of renewals.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { now } from '../../src/lib/clock.ts';
import { makePem } from '../certificates/pem.ts';
import { endAll } from '../e2e/ends.ts';
import type { Ends } from '../e2e/fixtures/stage.ts';
import { openCluster } from '../e2e/open-cluster.ts';
import { FIRST } from '../e2e/tasks.ts';

const [count = 1_000, renewals = 10] = process.argv.slice(2).map(Number);
const nameOf = (i: number): string => `app${i}.acme.org`;

async function serialShown(port: number, servername: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false });
  try {
    await once(socket, 'secureConnect');
    return socket.getPeerCertificate().fingerprint256;
  } finally {
    socket.destroy();
  }
}

async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

/** The milliseconds until another certificate is shown for a name. */
async function timeOf(port: number, name: string, change: () => Promise<void>): Promise<number> {
  const before = await serialShown(port, name);
  const start = now();
  await change();
  while ((await serialShown(port, name)) === before) await sleep(10);
  return now() - start;
}

const ends: Ends = [];
try {
  const { folder, ports, daemon, deploy, served } = await openCluster({ ends });
  const certificates = path.join(folder, 'certificates');
  await mkdir(certificates);
  const fileOf = (i: number): string => path.join(certificates, `${nameOf(i)}.pem`);
  for (let i = 0; i < count; i++) await writeFile(fileOf(i), await makePem(nameOf(i), { keyType: 'ec' }));
  await deploy();
  const { log, logged } = daemon(['--ssl-certs', certificates]);
  await served(FIRST);
  await logged(/HAProxy has loaded/);
  const times: number[] = [];
  for (let i = 1; i <= renewals; i++) {
    const one = Math.floor((i * (count - 1)) / renewals);
    const renewed = await makePem(nameOf(one), { keyType: 'ec' });
    times.push(await timeOf(ports.https, nameOf(one), () => replace(fileOf(one), renewed)));
  }
  const sorted = times.sort((a, b) => a - b);
  const reloads = log().filter(({ msg }) => msg.includes('HAProxy has loaded')).length - 1;
  const [median = NaN, most = NaN] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  console.log('| certificates | renewals | until new handshakes have it, median | longest | reloads |\n| --- | --- | --- | --- | --- |');
  console.log(`| ${count} | ${renewals} | ${Math.round(median)} ms | ${Math.round(most)} ms | ${reloads} |`);
} finally {
  await endAll(ends);
}
