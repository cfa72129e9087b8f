import { keep } from '../lib/keep.ts';
import { lazily } from '../lib/lazily.ts';
import type { AppId } from '../model/names.ts';
import type { Problem } from '../model/problem.ts';
import type { Quarantined, RenderedFrom } from '../model/quarantine.ts';
import type { Front, Service } from '../model/service.ts';
import type { LeftOut } from '../model/left-out.ts';
import type { Claim } from './arrange.ts';
import { makeShutOf, shutService } from './shut.ts';

/** The parts of a service from which its text is rendered, and what it claimed, even where it did not get it. */
export function writtenOf({ front, backend }: Service): RenderedFrom {
  return { front: { ...(front.claimed ?? front), changedAt: undefined, claimed: undefined }, options: backend.options };
}

interface Sifted {
  readonly services: readonly Service[];
  readonly claims: readonly Claim[];
  /** Ports that are left out, the refused ones among them, which are shut: they keep what they hold. */
  readonly absent: readonly Front[];
  readonly leftOut: readonly LeftOut[];
  readonly problems: readonly Problem[];
}

/**
 * Returns a function that gives the services and claims without those that HAProxy refused and that have not changed since. Their hosts are shut, unless
 * HAProxy refused that as well.
 */
export function makeSift() {
  const shutOf = makeShutOf();
  return ({ services, claims, absent }: Found, quarantine: readonly Quarantined[]): Sifted => {
    if (quarantine.length === 0) return { services, claims, absent, leftOut: [], problems: [] };
    const byPort = new Map(quarantine.map((one) => [keyOf(one), one]));
    const servicesByPort = lazily(() => new Map(services.map((service) => [keyOf(service.front), service])));
    const refused = services.map((service) => {
      const one = byPort.get(keyOf(service.front));
      return one !== undefined && isAsItWas(one, service, servicesByPort) ? one : undefined;
    });
    const met = refused.filter((one) => one !== undefined);
    const out = services.flatMap(({ front }, i) => {
      const one = refused[i];
      return one === undefined ? [] : [one.isShutToo === true ? front : shutOf(front)];
    });
    return {
      services: services.filter((_, i) => refused[i] === undefined),
      claims: claims.filter((_, i) => refused[i] === undefined),
      absent: [...absent.map((front) => withoutRefused(front, byPort)), ...out],
      leftOut: met.map(({ app, index }) => ({ app, index, why: 'refused' })),
      problems: met.flatMap(({ problems }) => problems),
    };
  };
}

type Found = Pick<Sifted, 'services' | 'claims' | 'absent'>;

/** A port that is left out; not shut where HAProxy has refused that. */
function withoutRefused(front: Front, byPort: ReadonlyMap<string, Quarantined>): Front {
  if (front.isShut !== true) return front;
  const one = byPort.get(keyOf(front));
  const isRefused = one?.isShutToo === true && one.again?.isDue !== true && isWrittenAs(one, shutService(front));
  return isRefused ? (front.claimed ?? front) : front;
}

function keyOf({ app, index }: { readonly app: AppId; readonly index: number }): string {
  return `${app} ${index}`;
}

/** Whether everything that HAProxy refused a port for is still the same, and it is not yet time to try the port again. */
function isAsItWas(one: Quarantined, service: Service, services: () => ReadonlyMap<string, Service>): boolean {
  if (one.again?.isDue === true) return false;
  if (!isWrittenAs(one, service)) return false;
  const { servers } = service.backend;
  if (one.servers !== undefined && (one.servers.length !== servers.length || !one.servers.every((name, i) => name === servers[i]?.name)))
    return false;
  return (one.beside ?? []).every((other) => isWrittenAs(other, services().get(keyOf(other))));
}

/** Whether a port is as it was. Where HAProxy refused its hosts and paths alone, all else does not count. */
function isWrittenAs({ of, isShutToo }: Pick<Quarantined, 'of' | 'isShutToo'>, service: Service | undefined): boolean {
  if (service === undefined) return false;
  const now = writtenOf(service);
  return isShutToo === true ? keep(of.front, now.front) === of.front : keep(of, now) === of;
}
