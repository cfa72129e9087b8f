import { listOf } from '../haproxy/crt-list.ts';
import { makeRenderer, type Rendering } from '../haproxy/document.ts';
import { CERTIFICATES_FILE, type DocumentSettings } from '../haproxy/settings.ts';
import type { Templates } from '../haproxy/templates.ts';
import type { Certificates, Shelf } from '../model/certificates.ts';
import type { CertificateBind, LoadedCertificates, ShelfLines } from '../model/document.ts';
import type { Release } from '../model/release.ts';
import type { Certified } from '../services/certify-fronts.ts';

/** The operator's settings for the document, without certificates, which may change while the daemon runs. */
export type OwnSettings = Omit<DocumentSettings, 'certificates'>;

/** What a document is rendered from beside services. */
interface Given {
  readonly certificates: Certificates;
  /** The names of the operator's templates in whose place the default templates are used. */
  readonly defaulted: readonly string[] | undefined;
}

/**
 * Makes the function that renders the document. It renders everything again when the certificates of the shared https frontend change, or when
 * default templates are used in place of different ones of the operator; both are rare.
 */
export function makeRender(templates: Templates, settings: OwnSettings) {
  let renderer: { readonly of: readonly unknown[]; readonly render: ReturnType<typeof makeRenderer> } | undefined;
  const stamp = makeStamp(settings);
  return ({ services, files: named }: Certified, release: Release, { certificates: known, defaulted }: Given): Rendering => {
    if (renderer?.of[0] !== known.files || renderer.of[1] !== defaulted) {
      const inForce = defaulted === undefined ? templates : templates.without(defaulted);
      renderer = { of: [known.files, defaulted], render: makeRenderer(inForce, { ...settings, certificates: known.files }) };
    }
    return stamp(renderer.render(services, release), known, named);
  };
}

/** Puts the certificates into the document. Returns the previous object when neither rendering nor certificates changed. */
function makeStamp(settings: OwnSettings) {
  let known: { readonly of: readonly unknown[]; readonly certificates: LoadedCertificates } | undefined;
  let last: { readonly of: readonly unknown[]; readonly rendering: Rendering } | undefined;
  return (rendering: Rendering, told: Certificates, files: readonly string[]): Rendering => {
    if (known?.of[0] !== told || known.of[1] !== files) known = { of: [told, files], certificates: loaded(told, files, settings) };
    const { certificates } = known;
    if (last?.of[0] !== rendering || last.of[1] !== certificates)
      last = { of: [rendering, certificates], rendering: { ...rendering, document: { ...rendering.document, certificates } } };
    return last.rendering;
  };
}

/**
 * Returns what HAProxy reads from certificate files with the document. Files whose content can change only by a reload are there by their
 * fingerprint; all others as HAProxy has them in its memory.
 */
function loaded({ files, contents, named }: Certificates, ofLabels: readonly string[], settings: OwnSettings): LoadedCertificates {
  const { sharedFrontends, configFolder } = settings;
  const wanted = new Set(ofLabels);
  const own = named.filter(({ file, serves }) => wanted.has(file) && serves.length > 0);
  const all = [...(sharedFrontends ? contents : []), ...own];
  const list = sharedFrontends ? listOf(files) : [];
  const shared = sharedFrontends ? contents.flatMap(({ shelves = [] }) => shelves) : [];
  const binds = [...sharedBinds(shared, list, configFolder), ...own.map(({ shelves = [] }) => shelves.map(asWritten))];
  return {
    fingerprints: new Map(
      all.flatMap(({ file, fingerprint, shelves }) => (fingerprint === undefined || shelves !== undefined ? [] : [[file, fingerprint]])),
    ),
    list,
    pems: new Map(all.flatMap(({ shelves = [] }) => shelves.flatMap(({ pems }) => pems)).map((pem) => [pem.path, pem])),
    binds: binds.filter((shelves) => shelves.length > 0),
  };
}

/** The shared https bind, whose certificates may be too many for its line. */
function sharedBinds(shelves: readonly Shelf[], list: readonly string[], configFolder: string): readonly CertificateBind[] {
  const [first] = shelves;
  if (list.length === 0 || first === undefined) return [shelves.map(asWritten)];
  const lines = shelves.flatMap(({ pems }) => pems.map(({ path }) => ({ path })));
  return [[asWritten(first), { name: `${configFolder}/${CERTIFICATES_FILE}`, kind: 'list', lines }]];
}

function asWritten({ name, kind, pems }: Shelf): ShelfLines {
  return { name, kind, lines: pems.map(({ path }) => ({ path })) };
}
