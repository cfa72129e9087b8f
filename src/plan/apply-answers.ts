import { common, differing, withPlaces } from '../lib/lists.ts';
import { unlike } from '../lib/unlike.ts';
import type {
  ServerException,
  BackendSection,
  CertificateChange,
  Command,
  Document,
  Effect,
  Fragment,
  LoadedCertificates,
  MapFile,
  Running,
  Section,
} from '../model/document.ts';
import type { BackendName, ServerName } from '../model/names.ts';
import { ChangingMaps } from './changing-maps.ts';
import { subjectOf } from './runtime-commands.ts';
import { ComingAndGoing } from './backends-taken.ts';
import { withCertificate } from './certificate-shelves.ts';
import { planCertificates } from './plan-certificates.ts';
import { isSpare } from '../haproxy/spares.ts';
import { areSameSections, isSameBackend, isSameMap, isSameSection, mapNames } from '../haproxy/same-sections.ts';
import type { Answer } from '../model/haproxy.ts';

/** What HAProxy ran, the commands that were sent, and its answers. */
export interface Sent {
  readonly running: Running;
  readonly wanted: Document;
  readonly commands: readonly Command[];
  /** One per command. */
  readonly answers: readonly Answer[];
}

/**
 * Returns what HAProxy runs after commands. A backend that refused a command is recorded in `lost`. Parts that are equal to the wanted document are
 * replaced by the wanted document's objects, so that the next plan finds them by identity. Returns `running` itself when nothing changed.
 */
export function applyAnswers({ running, wanted, commands, answers }: Sent): Running {
  const next = new Next(running, wanted);
  for (const [i, command] of commands.entries()) {
    const { taken, answer } = answers[i] ?? { taken: false, answer: '' };
    if (taken) next.take(command.effect);
    else if (command.mayWait !== true) next.refuse(command, answer);
    else if (command.effect?.kind === 'backend') next.backends.keep(command.effect, answer);
  }
  const { exceptions, lost } = next;
  const { strays } = next.backends;
  const document = unite(next.document(), wanted);
  const isSame = document === running.document && exceptions === running.exceptions && lost === running.lost && strays === running.strays;
  return isSame ? running : { document, exceptions, lost, ...(strays && { strays }) };
}

/** The next state. It copies a part of the running state only when that part changes. */
class Next {
  readonly #running: Running;
  readonly #servers = new Map<BackendName, Map<ServerName, Fragment>>();
  readonly #maps: ChangingMaps;
  readonly #wanted: Document['backends'];
  /** The backends that come and go. */
  readonly backends: ComingAndGoing;
  #places: ReadonlyMap<BackendName, number> | undefined; // of backends that are not as wanted
  #all: ReadonlyMap<BackendName, number> | undefined;
  #certificates: LoadedCertificates | undefined;
  #exceptions: Map<string, ServerException> | undefined;
  #lost: Map<BackendName, string> | undefined;

  constructor(running: Running, wanted: Document) {
    this.#running = running;
    this.backends = new ComingAndGoing(running);
    this.#maps = new ChangingMaps(running.document.maps, wanted.maps);
    this.#wanted = wanted.backends;
  }

  get exceptions(): Running['exceptions'] {
    return this.#exceptions ?? this.#running.exceptions;
  }

  get lost(): Running['lost'] {
    return this.#lost ?? this.#running.lost;
  }

  take(effect: Effect | undefined): void {
    if (effect?.kind === 'map') this.#maps.row(effect);
    else if (effect?.kind === 'certificate') this.#certificate(effect);
    else if (effect?.kind === 'rows') this.#maps.rows(effect.file, effect.map);
    else if (effect?.kind === 'backend') this.backends.take(effect);
    else if (effect?.kind === 'deleted') this.#stand(`${effect.backend}/${effect.server}`, undefined);
    else if (effect !== undefined) this.#server(effect);
  }

  refuse({ text, effect }: Command, answer: string): void {
    const backend = this.#subjectOf(effect);
    this.#lost ??= new Map(this.#running.lost);
    const said = answer.trim() === '' ? 'nothing' : `'${answer.trim()}'`;
    this.#lost.set(backend ?? ('' as BackendName), `to '${text}' HAProxy answered ${said}`);
  }

  /** The backend that is in doubt when HAProxy refuses an effect; none where a whole map is refused. */
  #subjectOf(effect: Effect | undefined): BackendName | undefined {
    if (effect?.kind === 'certificate') return pathOf(effect.change) as BackendName;
    if (effect?.kind === 'map') return subjectOf({ ...effect, from: this.#valueOf(effect) });
    return effect === undefined || effect.kind === 'rows' ? undefined : effect.backend;
  }

  #valueOf({ file, key }: Extract<Effect, { kind: 'map' }>): BackendName | undefined {
    return this.#running.document.maps[file]?.get(key);
  }

  document(): Document {
    const { document: before } = this.#running;
    const document = this.#certificates === undefined ? before : { ...before, certificates: this.#certificates };
    if (this.#servers.size === 0 && this.#maps.areSame && !this.backends.areOthers) return document;
    const spares = document.spares?.map((section): BackendSection => {
      const servers = this.#servers.get(section.backend);
      return servers === undefined ? section : { ...section, servers };
    });
    return { ...document, backends: this.#backends(), ...(spares && { spares }), maps: this.#maps.all() };
  }

  #backends(): Document['backends'] {
    const { backends: before } = this.#running.document;
    const others = new Map<number, BackendSection>();
    for (const [backend, servers] of this.#servers) {
      const place = isSpare(backend) ? undefined : this.#placeOf(backend);
      if (place !== undefined) others.set(place, { ...(before[place] as BackendSection), servers });
    }
    return this.backends.among(withPlaces(before, others), { wanted: this.#wanted, servers: this.#servers });
  }

  #server({ backend, server, line, stage }: Extract<Effect, { kind: 'server' }>): void {
    const servers = this.#serversOf(backend);
    if (stage === 'stopped' || stage === 'draining') servers.delete(server);
    else servers.set(server, line);
    this.#stand(`${backend}/${server}`, stage === 'as-written' ? undefined : { backend, server, line, stage });
  }

  #certificate({ change }: Extract<Effect, { kind: 'certificate' }>): void {
    const loaded = this.#certificates ?? this.#running.document.certificates;
    if (loaded !== undefined) this.#certificates = withCertificate(loaded, change);
  }

  #serversOf(backend: BackendName): Map<ServerName, Fragment> {
    const known = this.#servers.get(backend);
    if (known !== undefined) return known;
    const { backends, spares = [] } = this.#running.document;
    const section = isSpare(backend) ? spares.find((one) => one.backend === backend) : backends[this.#placeOf(backend) ?? -1];
    const servers = new Map(section?.servers);
    this.#servers.set(backend, servers);
    return servers;
  }

  /** The place of a backend. It is first looked for among those that are not as wanted, because most commands change no other. */
  #placeOf(backend: BackendName): number | undefined {
    const { backends } = this.#running.document;
    this.#places ??= placesByName(backends, unlike(backends, this.#wanted).before);
    return this.#places.get(backend) ?? (this.#all ??= placesByName(backends, backends.keys())).get(backend);
  }

  #stand(key: string, exceptions: ServerException | undefined): void {
    if (exceptions === undefined && !this.exceptions.has(key)) return;
    this.#exceptions ??= new Map(this.#running.exceptions);
    if (exceptions === undefined) this.#exceptions.delete(key);
    else this.#exceptions.set(key, exceptions);
  }
}

/** The first of these places of each backend. */
function placesByName(backends: Document['backends'], places: Iterable<number>): ReadonlyMap<BackendName, number> {
  const map = new Map<BackendName, number>();
  for (const place of places) {
    const { backend } = backends[place] as BackendSection;
    if (!map.has(backend)) map.set(backend, place);
  }
  return map;
}

function pathOf(change: CertificateChange): string {
  return change.kind === 'load' ? change.pem.path : change.kind === 'unload' ? change.path : change.line.path;
}

/** Returns the document with the objects of the wanted document wherever both are equal. */
function unite(document: Document, wanted: Document): Document {
  if (document === wanted) return wanted;
  const front = uniteSections(document.front, wanted.front, isSameSection);
  const backends = uniteSections<BackendSection>(document.backends, wanted.backends, isSameBackend);
  const maps = uniteMaps(document.maps, wanted.maps);
  const spares = document.spares && wanted.spares && uniteSections<BackendSection>(document.spares, wanted.spares, isSameBackend);
  const isSpares = spares === wanted.spares;
  const isFront = front === wanted.front || areSameParts(front, wanted.front);
  const isRead = isSameLoaded(document.certificates, wanted.certificates);
  if (isFront && isRead && isSpares && backends === wanted.backends && maps === wanted.maps) return wanted;
  const isSame = front === document.front && backends === document.backends && maps === document.maps;
  if (isSame && (spares ?? document.spares) === document.spares) return document;
  return { ...document, front: isFront ? wanted.front : front, backends, maps, ...(spares && { spares }) };
}

function isSameLoaded(before: Document['certificates'], after: Document['certificates']): boolean {
  const { commands, reload } = planCertificates({ before, after, takesCommands: true, lost: new Map() });
  return commands.length === 0 && reload.length === 0;
}

/** Whether two lists of sections have the same text. A document that was read back from a file may be split into sections differently. */
function areSameParts(before: readonly Section[], after: readonly Section[]): boolean {
  const { head, tail } = common(before, after);
  return areSameSections(before.slice(head, before.length - tail), after.slice(head, after.length - tail));
}

function uniteSections<Kind extends Section>(
  before: readonly Kind[],
  after: readonly Kind[],
  isSame: (a: Kind, b: Kind) => boolean,
): readonly Kind[] {
  if (before.length === after.length) {
    const places = differing(before, after);
    if (places.every((place) => before[place]?.name === after[place]?.name)) return uniteInPlace({ before, after, places }, isSame);
  }
  const others = unlike(before, after);
  const wanted = new Map(others.after.flatMap((place) => after[place] ?? []).map((section) => [section.name, section]));
  const same = new Map<number, Kind>();
  for (const place of others.before) {
    const section = before[place] as Kind;
    const other = wanted.get(section.name);
    if (other === undefined || !isSame(section, other)) continue;
    same.set(place, other);
    wanted.delete(section.name);
  }
  if (same.size === others.before.length && same.size === others.after.length) return after;
  return withPlaces(before, same);
}

/** The same for sections that have kept their places and names, and differ only at these places. */
function uniteInPlace<Kind extends Section>(
  { before, after, places }: { readonly before: readonly Kind[]; readonly after: readonly Kind[]; readonly places: readonly number[] },
  isSame: (a: Kind, b: Kind) => boolean,
): readonly Kind[] {
  const alike = places.filter((place) => isSame(before[place] as Kind, after[place] as Kind));
  if (alike.length === places.length) return after;
  return withPlaces(before, new Map(alike.map((place) => [place, after[place] as Kind])));
}

function uniteMaps(before: Document['maps'], after: Document['maps']): Document['maps'] {
  if (before === after) return after;
  const names = mapNames(before, after);
  const same = names.filter((name) => isSameMap(before[name], after[name]));
  if (same.length === names.length) return after;
  if (same.every((name) => before[name] === after[name])) return before;
  return { ...before, ...Object.fromEntries(same.map((name) => [name, after[name] as MapFile])) };
}
