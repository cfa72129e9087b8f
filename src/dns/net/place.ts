import type { Endpoint } from '../../lib/endpoint.ts';
import type { Respond } from '../answers/respond.ts';

/** One place to listen at. */
export interface Place {
  readonly endpoint: Endpoint;
  readonly respond: Respond;
  /** Somebody could not be answered. */
  readonly failed: (error: unknown) => void;
}
