import type { Endpoint } from '../../lib/endpoint.ts';
import type { Allow } from './rate.ts';
import type { Respond } from '../answers/respond.ts';

/** An endpoint to listen at, and who answers there. */
export interface Listening {
  readonly endpoint: Endpoint;
  readonly respond: Respond;
  /** Whether a source may have one more answer over UDP; beyond it the answer says that it is cut, so that the client asks over TCP. */
  readonly allow: Allow;
  /** Told why a query could not be answered. */
  readonly failed: (error: unknown) => void;
}
