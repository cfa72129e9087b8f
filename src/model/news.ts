import type { Release } from './release.ts';
import type { Problem } from './problem.ts';
import type { App } from './snapshot.ts';

/** Everything that can change what we know. Sources tell it, `absorb` understands it; nothing else enters the middle. `at`: ms since 1970. */
export type News = { readonly at: number } & (
  | { readonly kind: 'apps'; readonly apps: readonly App[]; readonly problems: readonly Problem[] } // a full read
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] } // by `haproxy -c`
  | { readonly kind: 'accepted' } // by `haproxy -c`
  | { readonly kind: 'release'; readonly release: Release } // another HAProxy stands on the disk
);
