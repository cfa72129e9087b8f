import type { Section } from '../model/document.ts';
import type { Problem } from '../model/problem.ts';
import type { Release } from '../model/release.ts';
import { isAtLeast } from './release.ts';
import { section } from './section.ts';
import type { DocumentSettings } from './settings.ts';

/** Whether this HAProxy can serve HTTP/3: from 3.2 on, where it was built with QUIC. Before, it needs a TLS library of its own [haproxy 3.0]. */
export function speaksQuic(release: Release): boolean {
  return release.hasQuic === true && isAtLeast(release, 3, 2);
}

/**
 * Adds HTTP/3 to the shared https frontend: a UDP socket beside the TCP one, with the same certificates, and a header by which browsers learn of it.
 * A head of the operator's without our bind stays as it is.
 */
export function withHttp3(https: Section, settings: DocumentSettings): Section {
  const [head, ...rest] = https.fragments;
  const bind = head && quicBind(head.text, settings);
  if (head === undefined || bind === undefined) return https;
  return section([head, { template: HTTP3, owner: { by: 'operator' }, text: `  ${bind}\n  ${advertised(settings)}\n` }, ...rest]);
}

const HTTP3 = 'HTTP/3';

/** Words of a bind that mean TCP, or that HTTP/3 has in its own way. */
const OF_TCP = /\s(?:alpn\s+\S+|accept-proxy|tfo|defer-accept|mss\s+\S+)(?=\s|$)/g;

/** The line for UDP beside the one for TCP: `bind *:443 ssl crt a.pem alpn h2,http/1.1`. */
function quicBind(head: string, { bindAddress, ports }: DocumentSettings): string | undefined {
  const prefix = `bind ${bindAddress}:${ports.https} `;
  const line = head
    .split('\n')
    .map((one) => one.trim())
    .find((one) => one.startsWith(prefix) && /\sssl\s/.test(one));
  if (line === undefined) return undefined;
  const family = bindAddress.startsWith('[') ? 'quic6' : 'quic4';
  const options = line.slice(prefix.length - 1).replace(OF_TCP, '');
  return `bind ${family}@${bindAddress}:${ports.https}${options} alpn h3`;
}

/** How long a browser may remember that there is HTTP/3, in seconds. When HTTP/3 has been switched off, it falls back to HTTP/2. */
const REMEMBERED = 3600;

function advertised({ ports }: DocumentSettings): string {
  return `http-after-response set-header alt-svc 'h3=":${ports.https}"; ma=${REMEMBERED}'`;
}

/** The Problem of --http3 where there is no HTTP/3: with this HAProxy, or with a template of the operator's. */
export function http3Problems(sections: readonly Section[], release: Release): readonly Problem[] {
  if (!speaksQuic(release))
    return [problem(withoutQuic(release), 'install HAProxy 3.2 or later, built with QUIC (+QUIC in haproxy -vv), or remove --http3')];
  if (sections.some(({ fragments }) => fragments.some(({ template }) => template === HTTP3))) return [];
  return [
    problem(
      "the operator's template HAPROXY_HTTPS_FRONTEND_HEAD has no 'bind' of the shared https address with 'ssl'",
      "write 'bind {bindAddr}:{port} ssl {sslCerts} alpn {alpn}' in it, or remove --http3",
    ),
  ];
}

function withoutQuic(release: Release): string {
  const { major, minor } = release;
  return isAtLeast(release, 3, 2) ? 'HAProxy was built without QUIC' : `HAProxy is ${major}.${minor}, and 3.2 or later is needed`;
}

function problem(why: string, hint: string): Problem {
  return { code: 'http3', owner: { by: 'operator' }, message: `--http3 has no effect, because ${why}; everything else is served`, hint };
}
