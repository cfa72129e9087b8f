import { flatOf } from '../lib/flat-lists.ts';
import { each, eachPair, whole } from '../lib/lists.ts';
import { fileUse, type Certificates, type NamedFile } from '../model/certificates.ts';
import type { Problem } from '../model/problem.ts';
import type { FileOfLabel, Front, Service } from '../model/service.ts';
import type { LeftOut } from '../model/left-out.ts';
import { withPaths } from './named-files.ts';

/** Services with what HAProxy accepts of the files that their labels name. */
export interface Certified {
  readonly services: readonly Service[];
  /** The ports that are left out. */
  readonly out: readonly Front[];
  /** The files that labels name, each once. It stays the same list while the labels name the same files. */
  readonly files: readonly string[];
  readonly leftOut: readonly LeftOut[];
  readonly problems: readonly Problem[];
}

/** What was found out about the files that labels name. */
export type KnownFiles = Pick<Certificates, 'named' | 'areJudged'>;

/**
 * Returns a function from services and the findings about the files that their labels name. HAProxy would refuse the whole configuration for a
 * file that it can't use, or would never stop reading it. A port with such a file is not bound; it is never bound without TLS or without the
 * options that its labels ask for. A port with a file that was not looked into yet is not bound either, unless no look will come. A port whose
 * template names a file that HAProxy can't use is left out. An error page that can't be used, or that was not looked into yet, is not used.
 */
export function makeCertify(): (services: readonly Service[], known: KnownFiles) => Certified {
  const filesOf = whole((fronts: readonly Front[]) => [...new Set(fronts.flatMap(({ files = [] }) => files.map(({ file }) => file)))]);
  const frontOf = each(({ front }: Service) => front);
  const naming = flatOf((front: Front) => (front.files === undefined ? [] : [front]));
  const withFront = eachPair((service: Service, { front }: CertifiedFront): Service => {
    return service.front === front ? service : { ...service, front };
  });
  const certifyAll = whole((fronts: readonly CertifiedFront[]) => ({
    leftOut: fronts.flatMap(({ leftOut }) => leftOut),
    problems: fronts.flatMap(({ problems }) => problems),
  }));
  let last: { readonly known: KnownFiles; readonly certify: ReturnType<typeof makeCertifyEach> } | undefined;
  return (services, known) => {
    const fronts = frontOf(services);
    const files = filesOf(naming(fronts));
    if (files.length === 0) return { services, out: NO_FRONTS, files, ...NOTHING };
    if (last?.known.named !== known.named || last.known.areJudged !== known.areJudged) last = { known, certify: makeCertifyEach(known) };
    const certified = last.certify(fronts);
    const all = withFront(services, certified);
    const isAny = certified.some(({ isOut }) => isOut);
    return {
      services: isAny ? all.filter((_, i) => certified[i]?.isOut !== true) : all,
      out: isAny ? certified.flatMap(({ isOut, front }) => (isOut ? front : [])) : NO_FRONTS,
      files,
      ...certifyAll(certified),
    };
  };
}

const NO_FRONTS: readonly Front[] = [];
const NOTHING: Pick<Certified, 'leftOut' | 'problems'> = { leftOut: [], problems: [] };

interface CertifiedFront {
  readonly front: Front;
  /** Whether the port is left out as a whole. */
  readonly isOut: boolean;
  readonly leftOut: readonly LeftOut[];
  readonly problems: readonly Problem[];
}

function makeCertifyEach({ named, areJudged }: KnownFiles): (fronts: readonly Front[]) => readonly CertifiedFront[] {
  const byFile = new Map(named.map((one) => [one.file, one]));
  return each((front: Front) => {
    const judged = (front.files ?? []).flatMap((one): JudgedLabelFile[] => {
      const found = byFile.get(one.file);
      if (found !== undefined) return [{ ...one, serves: found.serves, faults: found.faults }];
      return areJudged === true && one.in !== 'template' ? [{ ...one, serves: [], faults: [] }] : [];
    });
    return certify(front, judged);
  });
}

/** A file that a label names, with what is known of it. */
interface JudgedLabelFile extends FileOfLabel, Pick<NamedFile, 'serves' | 'faults'> {}

function certify(front: Front, judged: readonly JudgedLabelFile[]): CertifiedFront {
  const { app, index } = front;
  const problems = judged.flatMap(({ label, faults, file }) =>
    faults.map((fault): Problem => {
      const code = fileUse(file).keyword === 'crt' ? 'certificate' : 'file';
      return { code, owner: { by: 'app', app, index }, label, ...fault };
    }),
  );
  if (judged.some((one) => one.in === 'template' && !isAsNamed(one))) {
    return { front, isOut: true, leftOut: [{ app, index, why: 'file' }], problems };
  }
  const [own, other] = [withUsablePages(front, judged), judged.filter((one) => one.in !== 'page' && !isAsNamed(one))];
  if (other.length === 0) return { front: own, isOut: false, leftOut: [], problems };
  return { ...certifyBind(own, other), isOut: false, problems };
}

/** The front without the error pages whose files can't be used. */
function withUsablePages(front: Front, judged: readonly JudgedLabelFile[]): Front {
  const bad = new Set(judged.flatMap((one) => (one.in === 'page' && !isAsNamed(one) ? [fileUse(one.file).path] : [])));
  if (bad.size === 0) return front;
  return { ...front, pages: (front.pages ?? []).filter(({ file }) => !bad.has(file)), claimed: front.claimed ?? front };
}

/** The front with the replacements of these files in its bind, such as copies of the last good versions. Not bound if a needed file has none. */
function certifyBind(front: Front, other: readonly JudgedLabelFile[]): Pick<CertifiedFront, 'front' | 'leftOut'> {
  const { app, index, bind, claimed = front } = front;
  const certificate = other.find((one) => one.in === 'certificate');
  const options = other.filter((one) => one.in === 'options');
  const isWithheld = options.some(({ serves }) => serves.length === 0);
  const lacks = [
    ...(certificate?.serves.length === 0 && isPlaced(front, '{sslCert}') ? ['certificate' as const] : []),
    ...(isWithheld && isPlaced(front, '{bindOptions}') ? ['file' as const] : []),
  ];
  const [why] = bind === undefined ? [] : lacks;
  return {
    front: {
      ...front,
      ...(why !== undefined && { bind: undefined }),
      ...(certificate !== undefined && { certificates: certificate.serves }),
      ...(isWithheld ? { isWithheld } : options.length > 0 && { bindOptions: optionsWith(claimed.bind?.options ?? '', options) }),
      claimed,
    },
    leftOut: why === undefined ? [] : [{ app, index, why }],
  };
}

/** The options with what serves in place of these files. */
function optionsWith(text: string, judged: readonly JudgedLabelFile[]): string {
  const byFile = new Map(judged.map(({ file, serves }) => [file, serves]));
  return withPaths(text, (file) => byFile.get(file) ?? [fileUse(file).path]);
}

function isAsNamed({ file, serves }: JudgedLabelFile): boolean {
  return serves.length === 1 && serves[0] === fileUse(file).path;
}

/** Whether a front needs a certificate. A port's own frontend template may do without. */
function isPlaced({ overrides }: Front, place: '{sslCert}' | '{bindOptions}'): boolean {
  const head = overrides['HAPROXY_FRONTEND_HEAD'];
  return head === undefined || head.includes(place);
}
