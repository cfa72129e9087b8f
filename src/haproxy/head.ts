import type { Section } from '../model/document.ts';
import type { Release } from '../model/release.ts';
import { DAEMON_BACKEND } from './daemon-backend.ts';
import { isAtLeast } from './release.ts';
import { HEALTH_MAP, type DocumentSettings } from './settings.ts';
import type { Templates } from './templates.ts';

/**
 * The most threads for a HAProxy before 2.8 where nobody has chosen a number. It sets up every server for every thread: with 50,000 servers each thread
 * adds 0.15 to 0.2 s to a start or reload, and later releases need no time for it.
 */
const MOST_THREADS = 8;

/** How many threads HAProxy runs. */
function threadsOf({ threads, areThreadsFree = false }: DocumentSettings, release: Release): number {
  return areThreadsFree && !isAtLeast(release, 2, 8) ? Math.min(MOST_THREADS, threads) : threads;
}

/** Renders the sections global, defaults and listen stats as one section, for a release of HAProxy. */
export function makeHead(templates: Templates, settings: DocumentSettings, release: Release): Section {
  const { maxConnections, oldWorkerMaxAgeSeconds, maxOldWorkers, trafficLog, defaultOptions, bindAddress, ports } = settings;
  const { configFolder, statesFile, adminNetworks } = settings;
  const head = templates.render('HAPROXY_HEAD', {
    nbthread: String(threadsOf(settings, release)),
    maxconn: maxConnections === undefined ? '' : String(maxConnections),
    hardStopAfter: String(oldWorkerMaxAgeSeconds),
    maxOldWorkers: String(maxOldWorkers),
    statesFile: statesFile ?? '',
    healthMap: statesFile === undefined ? '' : `${configFolder}/${HEALTH_MAP}`,
    logTarget: trafficLog ?? '',
    statsBind: `${bindAddress}:${ports.stats}`,
    daemonBackend: DAEMON_BACKEND,
    adminNetworks,
    defaultOptions: [...defaultOptions].sort(),
  });
  return { name: 'head', fragments: [head] };
}
