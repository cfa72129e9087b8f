import { certificatesText } from '../haproxy/certificates-file.ts';
import { makeRenderer, type Rendering } from '../haproxy/document.ts';
import type { DocumentSettings } from '../haproxy/settings.ts';
import type { Templates } from '../haproxy/templates.ts';
import type { Certificates } from '../model/certificates.ts';
import type { LoadedCertificates } from '../model/document.ts';
import type { Release } from '../model/release.ts';
import type { Service } from '../model/service.ts';
import { certificatesInForce } from './certificates-in-force.ts';
import { each } from '../lib/lists.ts';
import type { Certified } from '../services/certify-fronts.ts';

/** The operator's settings for the document, without certificates, which may change while the daemon runs. */
export type RenderSettings = Omit<DocumentSettings, 'certificates' | 'isListed'>;

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
export function makeRender(templates: Templates, settings: RenderSettings) {
  let renderer: { readonly of: readonly unknown[]; readonly render: ReturnType<typeof makeRenderer> } | undefined;
  const stamp = makeStamp(settings);
  return (certified: Certified, release: Release, { certificates: known, defaulted }: Given): Rendering => {
    const { files, isListed } = known;
    if (renderer?.of[0] !== files || renderer.of[1] !== defaulted || renderer.of[2] !== isListed) {
      const inForce = defaulted === undefined ? templates : templates.without(defaulted);
      renderer = { of: [files, defaulted, isListed], render: makeRenderer(inForce, { ...settings, certificates: files, isListed }) };
    }
    return stamp(renderer.render(certified.services, release), known, certified);
  };
}

/** Puts the certificates into the document. Returns the previous object when neither rendering nor certificates changed. */
function makeStamp(settings: RenderSettings) {
  let known: { readonly of: readonly unknown[]; readonly certificates: LoadedCertificates } | undefined;
  let last: { readonly of: readonly unknown[]; readonly rendering: Rendering } | undefined;
  const frontsOf = each(({ front }: Service) => front);
  return (rendering: Rendering, told: Certificates, { services, files }: Certified): Rendering => {
    const fronts = frontsOf(services);
    if (known?.of[0] !== told || known.of[1] !== files || known.of[2] !== fronts)
      known = {
        of: [told, files, fronts],
        certificates: asBefore(known?.certificates, certificatesInForce({ told, files, fronts, settings })),
      };
    const { certificates } = known;
    if (last?.of[0] !== rendering || last.of[1] !== certificates)
      last = { of: [rendering, certificates], rendering: { ...rendering, document: { ...rendering.document, certificates } } };
    return last.rendering;
  };
}

/** Returns the previous certificates when the new ones are equal, so that they are neither written nor compared again. */
function asBefore(before: LoadedCertificates | undefined, after: LoadedCertificates): LoadedCertificates {
  return before !== undefined && certificatesText(before) === certificatesText(after) ? before : after;
}
