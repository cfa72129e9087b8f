import type { Endpoint } from '../../lib/endpoint.ts';
import type { Allow } from './rate.ts';
import type { Respond } from '../answers/respond.ts';

/** An endpoint to listen on and the function that answers there. */
export interface DnsListener {
  readonly endpoint: Endpoint;
  readonly respond: Respond;
  /** Whether a source address may have one more UDP answer now. When it may not, it gets a truncated answer, so that the client asks over TCP. */
  readonly allow: Allow;
  /** Is called with the error when a query could not be answered. */
  readonly failed: (error: unknown) => void;
}
