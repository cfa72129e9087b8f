import type { Fragment, MapFile, Section } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import type { Front } from '../model/service.ts';
import { cleaned } from './routes.ts';
import { section } from './section.ts';
import { PASSTHROUGH_MAP, type DocumentSettings } from './settings.ts';

/** The template's name of the frontend that tells apart the hosts whose TLS is passed on. */
export const PASSTHROUGH = 'TLS passthrough';

/** The map of hosts whose TLS the app ends itself; no file where there is none. */
export function passthroughMaps(fronts: readonly Front[]): Readonly<Record<string, MapFile>> {
  const rows = fronts
    .filter(({ passthrough }) => passthrough === true)
    .flatMap(({ name, routes }) => routes.map(({ host }) => [host, name] as const));
  return rows.length === 0 ? {} : { [PASSTHROUGH_MAP]: new Map<string, BackendName>(rows) };
}

/** The rule of a tcp frontend that leads a connection by the name in its TLS hello. */
export function passingRule({ configFolder }: DocumentSettings): Fragment {
  const host = `req.ssl_sni,lower,map_str(${configFolder}/${PASSTHROUGH_MAP})`;
  return ofOperator(`  use_backend %[${host}] if { ${host} -m found }\n`);
}

/**
 * Puts a tcp frontend on the address of the shared https frontend, while a host's TLS is passed on: HAProxy ends TLS at the bind, before any rule. All
 * other connections go on to the https frontend through a socket in memory, with the client's address. The socket has the name of the address, so
 * that two load balancers on one machine do not share it. A head of the operator's without that address stays as it is, and nothing is passed on.
 */
export function withPassthrough(https: Section, settings: DocumentSettings, isPassing: boolean): readonly Section[] {
  const [head, ...rest] = https.fragments;
  const { bindAddress, ports } = settings;
  const bind = `bind ${bindAddress}:${ports.https} `;
  if (!isPassing || head?.text.includes(bind) !== true) return [https];
  const socket = `abns@marathon_lb_https_${cleaned(bindAddress)}_${ports.https}`;
  const behind = (text: string): string => text.replace(bind, `bind ${socket} accept-proxy `);
  const { standard } = head;
  const moved: Fragment = { ...head, text: behind(head.text), ...(standard && { standard: () => behind(standard()) }) };
  return [
    section([
      ofOperator(`\nfrontend marathon_lb_tls_in\n  ${bind.trim()}\n${INSPECT}`),
      passingRule(settings),
      ofOperator(`  default_backend ${LOOP}\n`),
    ]),
    section([ofOperator(`\nbackend ${LOOP}\n  mode tcp\n  server loopback-for-tls ${socket} send-proxy-v2\n`)]),
    { ...https, fragments: [moved, ...rest] },
  ];
}

const LOOP = 'marathon_lb_tls_loop';

/** Waits for the whole TLS hello. A connection that begins with something else is refused at once. */
const INSPECT = [
  '  mode tcp',
  '  tcp-request inspect-delay 5s',
  '  tcp-request content accept if { req.ssl_hello_type 1 }',
  '  tcp-request content reject if !{ req.ssl_hello_type 1 } { req.len gt 0 } !{ req.ssl_hello_type 0 }',
  '',
].join('\n');

function ofOperator(text: string): Fragment {
  return { template: PASSTHROUGH, owner: { by: 'operator' }, text };
}
