import type { Unread } from '../model/held.ts';
import type { Span } from '../source/source.ts';

/** What is known of how Marathon was read and heard. */
export interface MarathonContact {
  /** When the last full read was sent, in ms since 1970. */
  readonly sentAt: number | undefined;
  /** When an event stream was attached. */
  readonly spans: readonly Span[];
  /** That full reads fail for a while already. */
  readonly unread: Unread | undefined;
}

/**
 * When what is known of Marathon was last right, in ms since 1970: when the last full read was sent, or when the last byte came of a stream that was
 * attached before that, because such a stream tells whatever changes. While full reads fail, the stream alone is not trusted.
 */
export function lastSync({ sentAt, spans, unread }: MarathonContact): number | undefined {
  if (sentAt === undefined || unread !== undefined) return sentAt;
  return Math.max(sentAt, ...spans.flatMap(({ since, last }) => (since <= sentAt ? last : [])));
}
