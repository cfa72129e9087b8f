import { isIPv4, isIPv6 } from 'node:net';
import { hostname } from 'node:os';
import { answerHttp, type HttpSettings } from '../dns/answers/mesos-http.ts';
import { serveHttp } from '../dns/net/http-server.ts';
import { DIRECTORY } from '../dns/zones/name-suffixes.ts';
import type { Zones } from '../dns/zones/records.ts';
import { textOf, type Endpoint } from '../lib/endpoint.ts';
import { packageVersion } from '../lib/package-version.ts';
import { sentence } from '../lib/sentence.ts';
import { USUAL_DNS_HTTP } from '../options/dns.ts';
import type { Settings } from '../options/options.ts';
import type { RunInputs } from './surroundings.ts';

interface HttpRun extends Pick<RunInputs, 'settings' | 'log' | 'signal'> {
  /** The current zones; undefined before Marathon was read for the first time. */
  readonly zones: () => Zones | undefined;
  /** How long a forwarded query may take, in milliseconds. */
  readonly forwardMs: number;
}

/**
 * Serves Mesos-DNS's HTTP API where --dns-http-listen says, until the signal aborts. Rejects with a sentence when an endpoint that the operator gave
 * can't be opened. When the usual endpoint can't be opened, because a different program may have it, a warning is logged and DNS is answered
 * without the API.
 */
export async function openDnsHttp({ settings, log, signal, zones, forwardMs }: HttpRun): Promise<void> {
  const { dnsHttpListen: given } = settings;
  if (given === 'off') return;
  const endpoint = given ?? USUAL_DNS_HTTP;
  const shown = shownSettings(settings, endpoint, forwardMs);
  try {
    await serveHttp({
      endpoint,
      answer: (question) => answerHttp(question, zones(), shown),
      isOwnName: makeIsOwnName(settings),
      log,
      signal,
    });
    log.info({ at: textOf(endpoint) }, "answering Mesos-DNS's HTTP API");
  } catch (error) {
    const reason = sentence(error);
    const what = `Mesos-DNS's HTTP API can't be served at ${textOf(endpoint)}`;
    if (given !== undefined) throw new Error(`--dns-http-listen: ${what}: ${reason}; name a different endpoint, or off`, { cause: error });
    log.warn({ reason }, `${what}; --dns-http-listen names a different endpoint, or off`);
  }
}

function shownSettings(settings: Settings, http: Endpoint, forwardMs: number): HttpSettings {
  const addresses = [...new Set(settings.dnsListen.map(({ address }) => address))];
  return {
    version: packageVersion(),
    domain: settings.dnsDomain,
    framework: settings.dnsFramework,
    dns: settings.dnsListen,
    http,
    upstreams: settings.dnsUpstream,
    ipSources: settings.dnsIpSources,
    forwardMs,
    nameServers: { v4: addresses.filter((one) => isIPv4(one)), v6: addresses.filter((one) => isIPv6(one)) },
  };
}

/**
 * The names by which clients may call the API: this machine's own name, --admin-host, and names in the answered zones, as in
 * `http://leader.mesos:8123`. A page of a different site can't have such a name.
 */
function makeIsOwnName({ adminHost, dnsDomain }: Settings): (name: string) => boolean {
  const own = hostname().toLowerCase();
  const names = new Set([own, own.replace(/\..*/, ''), ...adminHost]);
  return (name) => names.has(name) || name.endsWith(`.${dnsDomain}`) || name.endsWith(`.${DIRECTORY}`);
}
