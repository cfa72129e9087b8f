import type { Zones } from '../zones/records.ts';
import { goJson } from './go-json.ts';
import { mesosConfig, type ShownSettings } from './mesos-config.ts';
import { axfrPieces, enumeratePieces } from './mesos-listing.ts';

/** An HTTP request, as far as the answer depends on it. */
export interface HttpQuestion {
  readonly method: string;
  /** The path as sent, percent-encoded, without the query. */
  readonly path: string;
  readonly accept: string | undefined;
  /** The Content-Type of a request with a body; undefined without a body. */
  readonly bodyType: string | undefined;
}

/** An answer over HTTP that is sent at once. */
export interface TextAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** An answer over HTTP: a text, or pieces of a long text that are made while they are sent. */
export type HttpAnswer = TextAnswer | (Omit<TextAnswer, 'text'> & { readonly pieces: Iterable<string> });

/** What the answers depend on besides the zones. */
export interface HttpSettings extends ShownSettings {
  /** The version of this program. */
  readonly version: string;
  /** Marathon's name in Mesos. */
  readonly framework: string;
  /** The addresses of the name server itself, IPv4 and IPv6. */
  readonly nameServers: { readonly v4: readonly string[]; readonly v6: readonly string[] };
}

const JSON_TYPE = 'application/json';

/**
 * Answers a request as Mesos-DNS's HTTP side does (resolver/http.go and go-restful; bodies and texts byte for byte). Names that are not known here
 * are answered as Mesos-DNS answers names that it does not know: with empty texts and status 200. Before Marathon was read the status is 503, where
 * Mesos-DNS does not listen yet.
 */
export function answerHttp(question: HttpQuestion, zones: Zones | undefined, settings: HttpSettings): HttpAnswer {
  const parts = partsOf(question.path);
  if (parts === undefined) return plain(400, 'Bad Request');
  const make = find(parts, settings);
  if (make === undefined) return plain(404, 'Page Not Found');
  if (question.method !== 'GET') return plain(405, 'Method Not Allowed');
  if (question.bodyType !== undefined && mediaType(question.bodyType) !== JSON_TYPE) return plain(415, 'Unsupported Media Type');
  if (!accepts(question.accept)) return plain(406, 'Not Acceptable');
  return zones === undefined ? plain(503, 'Service Unavailable') : make(zones);
}

/** An answer in words: '404: Page Not Found'. */
export function plain(status: number, words: string): TextAnswer {
  return text(status, `${status}: ${words}`);
}

function text(status: number, body: string): TextAnswer {
  return { status, type: 'text/plain; charset=utf-8', text: body };
}

function json(value: unknown): TextAnswer {
  return { status: 200, type: JSON_TYPE, text: goJson(value) };
}

/** The decoded parts of a path; undefined when it can't be decoded. A slash at the end does not count. */
function partsOf(path: string): readonly string[] | undefined {
  try {
    return path.replace(/^\//, '').replace(/\/$/, '').split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

type Make = (zones: Zones) => HttpAnswer;

function find([v1, what, name, more, ...rest]: readonly string[], settings: HttpSettings): Make | undefined {
  if (v1 !== 'v1' || rest.length > 0) return undefined;
  if (what === 'hosts' && name !== undefined && name !== '' && more === 'ports') return () => text(501, 'To be implemented...');
  if (more !== undefined) return undefined;
  if (name !== undefined) {
    if (name === '') return undefined;
    if (what === 'hosts') return (zones) => json(hostsOf(name, zones));
    return what === 'services' ? (zones) => json(servicesOf(name, zones)) : undefined;
  }
  return findWhole(what, settings);
}

function findWhole(what: string | undefined, settings: HttpSettings): Make | undefined {
  const { domain, framework, nameServers } = settings;
  if (what === 'version') return () => json(versionOf(settings));
  if (what === 'config') return (zones) => json(mesosConfig(settings, zones));
  if (what === 'enumerate') return (zones) => ({ status: 200, type: JSON_TYPE, pieces: enumeratePieces(zones, framework) });
  if (what !== 'axfr') return undefined;
  return (zones) => {
    const nameServer = { name: zones.apexOf(domain)?.ns ?? '', addresses: nameServers.v4, v6: nameServers.v6 };
    return { status: 200, type: JSON_TYPE, pieces: axfrPieces(zones, { domain, nameServer }) };
  };
}

/** Service and URL are those of Mesos-DNS, by which clients recognise this API; the version is that of this program. */
function versionOf({ version }: HttpSettings): object {
  return { Service: 'Mesos-DNS', URL: 'https://github.com/mesosphere/mesos-dns', Version: `marathon-lb-ts ${version}` };
}

function hostsOf(asked: string, zones: Zones): readonly object[] {
  const name = lookupName(asked);
  const { a = [], aaaa = [] } = zones.find(name) ?? {};
  const found = [...a, ...aaaa].map((ip) => ({ host: `${name}.`, ip }));
  return found.length > 0 ? found : [{ host: '', ip: '' }];
}

/** For each target its first IPv4 address and its first IPv6 address. A target without an address is left out. */
function servicesOf(service: string, zones: Zones): readonly object[] {
  const { srv = [] } = zones.find(lookupName(service)) ?? {};
  const found = srv.flatMap(({ target, port }) => {
    const { a = [], aaaa = [] } = zones.find(target) ?? {};
    return [...a.slice(0, 1), ...aaaa.slice(0, 1)].map((ip) => ({ service, host: `${target}.`, ip, port: String(port) }));
  });
  return found.length > 0 ? found : [{ service: '', host: '', ip: '', port: '' }];
}

/** The name that is looked up: in lower case, without `.*` and without the final dot. */
function lookupName(asked: string): string {
  return asked.replaceAll('.*', '').toLowerCase().replace(/\.$/, '');
}

/** Whether a client accepts JSON. As in go-restful, only these two types are compared, whatever their weight. */
function accepts(accept: string | undefined): boolean {
  if (accept === undefined || accept === '') return true;
  return accept.split(',').some((one) => [JSON_TYPE, '*/*'].includes(mediaType(one)));
}

function mediaType(text: string): string {
  return (text.split(';')[0] ?? '').trim();
}
