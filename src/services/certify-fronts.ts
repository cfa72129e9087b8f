import { each, eachPair, whole } from '../lib/lists.ts';
import type { NamedCertificate } from '../model/certificates.ts';
import type { Problem } from '../model/problem.ts';
import type { Front, LeftOut, Service } from '../model/service.ts';

/** Services as far as HAProxy takes the certificates that their labels name. */
export interface Certified {
  readonly services: readonly Service[];
  /** The files that labels name, each once; the same list as long as they do. */
  readonly files: readonly string[];
  readonly leftOut: readonly LeftOut[];
  readonly problems: readonly Problem[];
}

/**
 * A function from services and what is known of the files that their labels name. HAProxy would refuse the whole configuration for one that it
 * can't use, so that the port with it is not bound: never without TLS. One that was not looked into yet stands: HAProxy may serve it now.
 */
export function makeCertify(): (services: readonly Service[], named: readonly NamedCertificate[]) => Certified {
  const filesOf = whole((fronts: readonly Front[]) => [...new Set(fronts.flatMap((front) => certificateOf(front) ?? []))]);
  const frontOf = each(({ front }: Service) => front);
  const withFront = eachPair((service: Service, { front }: CertifiedFront): Service => {
    return service.front === front ? service : { ...service, front };
  });
  const certifyAll = whole((fronts: readonly CertifiedFront[]) => ({
    leftOut: fronts.flatMap(({ leftOut }) => leftOut),
    problems: fronts.flatMap(({ problems }) => problems),
  }));
  let last: { readonly named: readonly NamedCertificate[]; readonly certify: ReturnType<typeof makeCertifyEach> } | undefined;
  return (services, named) => {
    const fronts = frontOf(services);
    const files = filesOf(fronts);
    if (files.length === 0) return { services, files, ...NOTHING };
    if (last?.named !== named) last = { named, certify: makeCertifyEach(named) };
    const certified = last.certify(fronts);
    return { services: withFront(services, certified), files, ...certifyAll(certified) };
  };
}

const NOTHING: Pick<Certified, 'leftOut' | 'problems'> = { leftOut: [], problems: [] };

interface CertifiedFront {
  readonly front: Front;
  readonly leftOut: readonly LeftOut[];
  readonly problems: readonly Problem[];
}

function makeCertifyEach(named: readonly NamedCertificate[]): (fronts: readonly Front[]) => readonly CertifiedFront[] {
  const byFile = new Map(named.map((one) => [one.file, one]));
  return each((front: Front) => {
    const known = byFile.get(certificateOf(front) ?? '');
    return known === undefined ? { front, leftOut: [], problems: [] } : certify(front, known);
  });
}

/** Also of a port that another service has: under --group-https-by-vhost its hosts are served with it. */
function certificateOf({ bind, claimed }: Front): string | undefined {
  return (bind ?? claimed?.bind)?.certificate;
}

function certify(front: Front, { file, serves, faults }: NamedCertificate): CertifiedFront {
  const { app, index } = front;
  const label = `HAPROXY_${index}_SSL_CERT`;
  const problems = faults.map((fault): Problem => ({ code: 'certificate', owner: { by: 'app', app, index }, label, ...fault }));
  if (serves.length === 1 && serves[0] === file) return { front, leftOut: [], problems };
  const isShut = front.bind !== undefined && serves.length === 0 && needsCertificate(front);
  return {
    front: { ...front, ...(isShut && { bind: undefined }), certificates: serves, claimed: front.claimed ?? front },
    leftOut: isShut ? [{ app, index, why: 'certificate' }] : [],
    problems,
  };
}

/** A frontend template of the port's own may be without. */
function needsCertificate({ overrides }: Front): boolean {
  const head = overrides['HAPROXY_FRONTEND_HEAD'];
  return head === undefined || head.includes('{sslCert}');
}
