import type { Endpoint } from '../../lib/endpoint.ts';
import type { Respond } from '../answers/respond.ts';

/** An endpoint to listen at, and who answers there. */
export interface Listening {
  readonly endpoint: Endpoint;
  readonly respond: Respond;
  /** Told why a query could not be answered. */
  readonly failed: (error: unknown) => void;
}
