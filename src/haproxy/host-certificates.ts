import type { ClientTls, Front } from '../model/service.ts';
import { firstOfHost } from '../model/first-of-host.ts';
import { areRelated, authorOf } from '../model/folders.ts';
import { certificatesOf, tlsWords } from './crt-list.ts';
import type { DocumentSettings } from './settings.ts';

/** What virtual hosts have of their own on the shared https bind. */
export interface HostCertificate {
  /** The certificates of an app's label; undefined for those of the operator. */
  readonly files: readonly string[] | undefined;
  readonly options: string | undefined;
  readonly hosts: readonly string[];
}

type Parts = Pick<DocumentSettings, 'certificates' | 'sharedFrontends' | 'groupHttpsByVhost' | 'httpsRouting'>;

/**
 * The virtual hosts that have a certificate of their own, or a TLS policy, on the shared https bind. The first of a host's ports (`firstOfHost`) gives the
 * certificate and says which clients' certificates are looked at, or else a port of the same folder does, and the highest of their versions of TLS
 * counts. A port of a different folder, which has a path of the host, has no say. A client must have a certificate where every port of the host asks for one.
 * Hosts that no certificate can name are left out. Certificates of apps are not used with --https-routing sni, which is marathon-lb's way.
 */
export function hostCertificates(fronts: readonly Front[], settings: Parts): readonly HostCertificate[] {
  if (!settings.sharedFrontends || settings.groupHttpsByVhost || !fronts.some((front) => asks(front, settings))) return [];
  const byHost = new Map<string, Front[]>();
  for (const front of fronts) {
    if (front.passthrough === true || front.mode !== 'http') continue;
    for (const host of new Set(front.routes.map((route) => route.host))) byHost.set(host, [...(byHost.get(host) ?? []), front]);
  }
  const lines = new Map<string, HostCertificate>();
  for (const [host, all] of byHost) {
    const claimants = all.sort(firstOfHost(host));
    if (!isNameable(host) || !claimants.some((front) => asks(front, settings))) continue;
    const own = claimants.filter((front) => areRelated(authorOf(front), authorOf(claimants[0] ?? front)));
    const files = own.map((front) => ownFiles(front, settings)).find((one) => one !== undefined);
    const options = tlsWords(policyOf(claimants, own));
    if (files === undefined && options === undefined) continue;
    const key = JSON.stringify([files, options]);
    lines.set(key, { files, options, hosts: [...(lines.get(key)?.hosts ?? []), host] });
  }
  return [...lines.values()];
}

function isNameable(host: string): boolean {
  return /^(?:\*\.)?[a-z0-9._-]+$/.test(host);
}

function asks(front: Front, settings: Parts): boolean {
  return (
    front.routes.length > 0 && front.passthrough !== true && (front.clientTls !== undefined || ownFiles(front, settings) !== undefined)
  );
}

/** The certificates of a port's label, when they are others than the operator's. */
function ownFiles(front: Front, { certificates, httpsRouting }: Parts): readonly string[] | undefined {
  const files = certificatesOf(front);
  return httpsRouting === 'sni' || files.every((file) => certificates.includes(file)) ? undefined : files;
}

/** The TLS policy of a host with these ports; `own` are those that have a say. */
function policyOf(fronts: readonly Front[], own: readonly Front[]): ClientTls | undefined {
  const all = own.flatMap(({ clientTls }) => clientTls ?? []);
  if (all.length === 0) return undefined;
  const min = all
    .flatMap((one) => one.min ?? [])
    .sort()
    .at(-1);
  const ca = all.find((one) => one.ca !== undefined)?.ca;
  const isRequired = fronts.every(({ clientTls }) => clientTls?.verify === 'required' && clientTls.ca === ca);
  return { ...(min !== undefined && { min }), ...(ca !== undefined && { ca, verify: isRequired ? 'required' : 'optional' }) };
}

/** Whether an app looks at the certificates of clients. */
export function looksAtClients(fronts: readonly Front[]): boolean {
  return fronts.some(({ clientTls }) => clientTls?.ca !== undefined);
}
