import type { Section } from '../model/document.ts';
import { DAEMON_BACKEND } from './daemon-backend.ts';
import { HEALTH_MAP, type DocumentSettings } from './settings.ts';
import type { Templates } from './templates.ts';

/** Renders the sections global, defaults and listen stats as one section. */
export function makeHead(templates: Templates, settings: DocumentSettings): Section {
  const { threads, maxConnections, oldWorkerMaxAgeSeconds, maxOldWorkers, trafficLog, defaultOptions, bindAddress, ports } = settings;
  const { configFolder, statesFile, adminNetworks } = settings;
  const head = templates.render('HAPROXY_HEAD', {
    nbthread: String(threads),
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
