import { flatOf } from '../lib/flat-lists.ts';
import { each, whole } from '../lib/lists.ts';
import type { BackendSection, Document, Fragment, Section } from '../model/document.ts';
import type { Problem } from '../model/problem.ts';
import type { Release } from '../model/release.ts';
import type { Front, Service } from '../model/service.ts';
import { amended } from './amend.ts';
import { makeBackendSection } from './backend.ts';
import { hasSpares, makeFrontPart } from './front.ts';
import { inSpareOf } from './in-spare.ts';
import { makeClasses, takesBackends } from './classes.ts';
import { makeSpares } from './spares.ts';
import { makeDaemonBackend, makeNotesBackend } from './daemon-backend.ts';
import { makeHead } from './head.ts';
import { saysInitAddr } from './host-names.ts';
import { looksAtClients } from './host-certificates.ts';
import { http3Problems, speaksQuic } from './http3.ts';
import { isAtLeast } from './release.ts';
import { keepsCounts, makePeers } from './peers.ts';
import { LIMITS_MAP, type DocumentSettings } from './settings.ts';
import type { Templates } from './templates.ts';

/** A document, and the Problems with the operator's templates. */
export interface Rendering {
  readonly document: Document;
  readonly problems: readonly Problem[];
}

/**
 * Returns a function that renders the document of services, given in order. Unchanged parts are the same objects; a change of tasks renders only one
 * backend.
 */
export function makeRenderer(
  templates: Templates,
  settings: DocumentSettings,
): (services: readonly Service[], release: Release) => Rendering {
  const peers = makePeers(settings);
  const own = [makeDaemonBackend(settings), ...(hasSpares(settings) ? [makeNotesBackend(settings)] : [])];
  const lookingAtClients = flatOf((front: Front) => (looksAtClients([front]) ? [front] : []));
  const [frontsOf, apart] = [each(({ front }: Service) => front), whole(apartFrom)];
  const readyFor = hasSpares(settings) ? makeReady(settings.spareBackends ?? 0, templates) : undefined;
  let all: ReturnType<typeof makeParts> | undefined;
  let last: { readonly front: readonly Section[]; readonly rendering: Rendering } | undefined;
  return (services, release) => {
    if (all?.release !== release) all = makeParts(templates, settings, release);
    const fronts = frontsOf(services);
    const { sections: made, maps, problems: ofFronts } = all.frontPart(fronts);
    const rendered = all.backends(services);
    const sections = all.amend(made);
    const front = isAtLeast(release, 3, 3) ? apart(sections) : sections;
    if (last?.front !== front || last.rendering.document.backends !== rendered) {
      const document: Document = {
        front: [
          all.headAsTaken,
          ...own,
          ...(lookingAtClients(fronts).length > 0 && !isAtLeast(release, 3, 2) ? [NO_SESSIONS] : []),
          ...(LIMITS_MAP in maps && keepsCounts(release) ? [peers] : []),
          ...front,
        ],
        backends: rendered,
        maps,
        ...(readyFor && { spares: readyFor({ head: all.headAsTaken, backends: rendered, release }) }),
      };
      const problems = [...templates.problems, ...ofFronts, ...(settings.http3 ? http3Problems(made, release) : [])];
      last = { front, rendering: { document, problems } };
    }
    return last.rendering;
  };
}

/** Returns a function that prepares for new apps: with sections from which HAProxy 3.4 makes their backends, or before 3.4 with spare backends. */
function makeReady(perClass: number, templates: Templates) {
  const [spares, classes] = [makeSpares(perClass, templates), makeClasses(templates)];
  return ({
    head,
    backends,
    release,
  }: {
    readonly head: Section;
    readonly backends: readonly BackendSection[];
    readonly release: Release;
  }) => (takesBackends(release) ? classes(head, backends) : spares(backends));
}

/** What renders the parts of a document for one release of HAProxy. */
function makeParts(templates: Templates, settings: DocumentSettings, release: Release) {
  const head = makeHead(templates, settings, release);
  const headSays = head.fragments.some(({ text }) => saysInitAddr(text));
  const isSpared = hasSpares(settings);
  const backendOf = (service: Service): BackendSection => {
    const made = makeBackendSection(service, { templates, folder: settings.configFolder, outlives: keepsCounts(release) });
    return isSpared ? { ...made, inSpare: inSpareOf(service.front, settings, release) } : made;
  };
  return {
    release,
    frontPart: whole(makeFrontPart(templates, { ...settings, http3: settings.http3 && speaksQuic(release) })),
    headAsTaken: amended(head, { release, headSays }),
    amend: each((section: Section) => amended(section, { release, headSays })),
    backends: each((service: Service) => amended(backendOf(service), { release, headSays })),
  };
}

/**
 * Forbids the resumption of TLS sessions, while an app checks the certificates of clients. A client could resume a session of one host under a second
 * host, and would keep there the certificate that only the first host's app trusts [haproxy 2.6, 3.0, tried; 3.2 compares the hosts].
 */
const NO_SESSIONS: Section = {
  name: 'global',
  fragments: [{ template: 'HAPROXY_n_CLIENT_CA', owner: { by: 'operator' }, text: '\nglobal\n  tune.ssl.cachesize 0\n' }],
};

/**
 * From HAProxy 3.3 on, a frontend must not have the name of a backend, but marathon-lb gives both the same name. The frontend's name gets the suffix
 * '-in'. The names that rules and people use are those of backends and stay.
 */
function apartFrom(sections: readonly Section[]): readonly Section[] {
  return sections.map((section) => {
    const [head, ...rest] = section.fragments;
    if (head === undefined || !NAMED_AS_BACKEND.includes(head.template)) return section;
    const { standard } = head;
    const renamed: Fragment = { ...head, text: renamedIn(head.text), ...(standard && { standard: () => renamedIn(standard()) }) };
    return { name: `${section.name}-in`, fragments: [renamed, ...rest] };
  });
}

function renamedIn(text: string): string {
  return text.replace(/^([ \t]*frontend[ \t]+\S+)/m, '$1-in');
}

const NAMED_AS_BACKEND: readonly string[] = ['HAPROXY_FRONTEND_HEAD', 'HAPROXY_HTTPS_GROUPED_VHOST_FRONTEND_HEAD'];
