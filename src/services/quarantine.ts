import { keep } from '../lib/keep.ts';
import type { Problem } from '../model/problem.ts';
import type { Quarantined, Written } from '../model/quarantine.ts';
import type { LeftOut, Service } from '../model/service.ts';
import type { Claim } from './arrange.ts';

/** What a service's text comes from, also where it did not get all that it asked for. */
export function writtenOf({ front, backend }: Service): Written {
  return { front: { ...(front.claimed ?? front), changedAt: undefined, claimed: undefined }, options: backend.options };
}

interface Sifted {
  readonly services: readonly Service[];
  readonly claims: readonly Claim[];
  readonly leftOut: readonly LeftOut[];
  readonly problems: readonly Problem[];
}

/** The services and their claims without those that HAProxy refused as they still are. */
export function sift({ services, claims }: Pick<Sifted, 'services' | 'claims'>, quarantine: readonly Quarantined[]): Sifted {
  if (quarantine.length === 0) return { services, claims, leftOut: [], problems: [] };
  const byPort = new Map(quarantine.map((one) => [`${one.app} ${one.index}`, one]));
  const refused = services.map((service) => {
    const known = byPort.get(`${service.front.app} ${service.front.index}`);
    const isAsItWas = known?.of === keep(known?.of, writtenOf(service));
    return isAsItWas ? known : undefined;
  });
  const met = refused.filter((one) => one !== undefined);
  return {
    services: services.filter((_, i) => refused[i] === undefined),
    claims: claims.filter((_, i) => refused[i] === undefined),
    leftOut: met.map(({ app, index }) => ({ app, index, why: 'refused' })),
    problems: met.flatMap(({ problems }) => problems),
  };
}
