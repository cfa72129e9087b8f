import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { makeMayKnow } from '../dns/answers/foreign-names.ts';
import { textOf } from '../lib/endpoint.ts';
import { makeForward } from '../dns/net/forward.ts';
import { frameworkName } from '../dns/zones/dns-names.ts';
import { isOwn } from '../dns/net/own-endpoint.ts';
import type { Zones } from '../dns/zones/records.ts';
import { makeRate } from '../dns/net/rate.ts';
import { measured, type ReplyMeter } from '../dns/answers/measured.ts';
import { makeResponder, type Forward } from '../dns/answers/respond.ts';
import { makeDated } from '../dns/zones/serial.ts';
import { serveDns } from '../dns/net/server.ts';
import { makeZones } from '../dns/zones/zone.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Settings } from '../options/options.ts';
import { openDnsHttp } from './open-dns-http.ts';
import { makeProblemLog } from './problem-log.ts';
import type { RunInputs, Surroundings } from './surroundings.ts';

/** The running name server. */
export interface Dns {
  /** A consumer of views. The server answers from the given snapshot from then on. */
  readonly see: (view: { readonly snapshot: Snapshot }) => void;
  /** The zones that are answered from; undefined before the first view. */
  readonly zones: () => Zones | undefined;
  readonly ended: Promise<void>;
}

const KEPT_BYTES = 48 * 2 ** 20;
const FORWARD_MS = 2_500;
const MOST_FORWARDED = 500; // questions in flight to upstream servers

interface DnsRun extends RunInputs, Pick<Surroundings, 'now'> {
  /** False for one pass, which does not answer DNS. */
  readonly follow: boolean;
  /** Told of each query; nobody is when left out. */
  readonly meter?: ReplyMeter;
}

/** Opens the name server on every endpoint of --dns-listen until the signal aborts. Rejects with a sentence when an endpoint can't be opened. */
export async function openDns({ settings, log, signal, now, follow, meter }: DnsRun): Promise<Dns> {
  const { dnsListen: endpoints } = settings;
  let zones: Zones | undefined;
  if (endpoints.length === 0 || !follow) return { see: () => undefined, zones: () => zones, ended: Promise.resolve() };
  const own = settings.dnsUpstream.find((upstream) => isOwn(upstream, endpoints, addressesHere()));
  if (own !== undefined) throw new Error(`--dns-upstream ${textOf(own)} is an endpoint of --dns-listen: name a different server`);
  const make = makeZones(zoneSettings(settings));
  const dated = makeDated(now);
  const tellProblems = makeProblemLog(log);
  const answer = makeResponder({
    zones: () => zones,
    forward: openForward(settings, signal),
    mayKnow: makeMayKnow({ domain: settings.dnsDomain, framework: frameworkName(settings.dnsFramework) }),
    random: Math.random,
    keptBytes: KEPT_BYTES,
  });
  const respond = meter === undefined ? answer : measured(answer, meter);
  const allow = makeRate({ perSecond: settings.dnsRate, now });
  const { ended } = await serveDns({ endpoints, respond, allow, log, signal });
  await openDnsHttp({ settings, log, signal, zones: () => zones, forwardMs: FORWARD_MS });
  log.info({ at: endpoints.map(textOf), upstream: settings.dnsUpstream.map(textOf) }, 'answering DNS');
  const see: Dns['see'] = ({ snapshot }) => {
    const { problems } = (zones = dated(make(snapshot)));
    tellProblems({ problems });
  };
  return { see, zones: () => zones, ended };
}

function addressesHere(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
}

function openForward({ dnsUpstream: upstreams }: Settings, signal: AbortSignal): Forward | undefined {
  if (upstreams.length === 0) return undefined;
  return makeForward({ upstreams, deadlineMs: FORWARD_MS, most: MOST_FORWARDED, signal });
}

function zoneSettings({ dnsListen, ...settings }: Settings): Parameters<typeof makeZones>[0] {
  return {
    domain: settings.dnsDomain,
    framework: settings.dnsFramework,
    ttl: settings.dnsTtl,
    ipSources: settings.dnsIpSources,
    healthyOnly: settings.dnsHealthyOnly,
    nameServers: [...new Set(dnsListen.map(({ address }) => address))].sort((a, b) => Number(isIPv4(b)) - Number(isIPv4(a))),
  };
}
