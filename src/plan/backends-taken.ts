import { common } from '../lib/lists.ts';
import type { BackendEffect, BackendSection, Fragment, Running, Stray } from '../model/document.ts';
import type { BackendName, ServerName } from '../model/names.ts';

/** HAProxy says this of a backend that its file refers to: only a reload can delete it. */
const FOR_GOOD = 'cannot be removed';

/** What the places of new backends are taken from, and the servers that they have got. */
interface Placing {
  readonly wanted: readonly BackendSection[];
  readonly servers: ReadonlyMap<BackendName, ReadonlyMap<ServerName, Fragment>>;
}

/** The backends that commands make, and those that they take out of use and delete. */
export class ComingAndGoing {
  readonly #came = new Map<BackendName, BackendSection>();
  readonly #went = new Set<BackendName>();
  #strays: Map<BackendName, Stray | undefined> | undefined;
  readonly #before: Running['strays'];

  constructor({ strays }: Running) {
    this.#before = strays;
  }

  /** The backends that are to be deleted; undefined when there are none and have been none. */
  get strays(): Running['strays'] {
    return this.#strays ?? this.#before;
  }

  /** Whether backends came or went. */
  get areOthers(): boolean {
    return this.#came.size > 0 || this.#went.size > 0;
  }

  /** HAProxy has taken a command. */
  take({ backend, section, change }: BackendEffect): void {
    if (change === 'deleted') this.#changed().delete(backend);
    else if (change === 'unpublished') {
      this.#came.delete(backend);
      this.#went.add(backend);
      this.#changed().set(backend, section);
    } else if (change === 'added' || this.strays?.has(backend) === true) {
      this.#went.delete(backend);
      this.#came.set(backend, section);
      if (this.strays?.has(backend) === true) this.#changed().delete(backend);
    }
  }

  /** HAProxy has not deleted a backend yet. */
  keep({ backend, section }: BackendEffect, answer: string): void {
    if (answer.includes(FOR_GOOD)) this.#changed().set(backend, undefined);
    else if (section.found === 'just-now') this.#changed().set(backend, { ...section, found: 'deletable' });
  }

  #changed(): Map<BackendName, Stray | undefined> {
    return (this.#strays ??= new Map(this.#before));
  }

  /** The backends with those that came, at the places at which they are wanted, and without those that went. */
  among(backends: readonly BackendSection[], { wanted, servers }: Placing): readonly BackendSection[] {
    if (!this.areOthers) return backends;
    const left = this.#went.size === 0 ? backends : backends.filter(({ backend }) => !this.#went.has(backend));
    const names = new Set(this.#came.size === 0 ? [] : left.map(({ backend }) => backend));
    const fresh = [...this.#came.values()].flatMap((section) =>
      names.has(section.backend) ? [] : [{ ...section, servers: servers.get(section.backend) ?? section.servers }],
    );
    return fresh.length === 0 ? left : merged(left, fresh, wanted);
  }
}

/** Both lists as one, in the order of the wanted one as far as that has them. */
function merged(
  backends: readonly BackendSection[],
  fresh: readonly BackendSection[],
  wanted: readonly BackendSection[],
): readonly BackendSection[] {
  const { head, tail } = common(backends, wanted);
  const places = new Map(wanted.slice(head, wanted.length - tail).map(({ backend }, i) => [backend, i]));
  const placeOf = ({ backend }: BackendSection): number => places.get(backend) ?? wanted.length;
  const waiting = [...fresh].sort((a, b) => placeOf(a) - placeOf(b));
  const middle: BackendSection[] = [];
  for (const section of backends.slice(head, backends.length - tail)) {
    const place = places.get(section.backend);
    while (place !== undefined && waiting[0] !== undefined && placeOf(waiting[0]) < place) middle.push(waiting.shift() ?? section);
    middle.push(section);
  }
  return [...backends.slice(0, head), ...middle, ...waiting, ...backends.slice(backends.length - tail)];
}
