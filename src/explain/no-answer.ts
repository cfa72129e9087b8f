/** Why no server answers a request. */
export type NoAnswerReason =
  | 'no-host' // no app names the host
  | 'no-path' // apps have the host, and none of them this path
  | 'left-out' // the ports that name it are left out, or lost it
  | 'shut' // the port that has it is left out for a fault
  | 'no-server' // a rule answers, and its backend has no server
  | 'denied' // a rule refuses it
  | 'redirected'; // a rule sends the client elsewhere

/** Each of them as a sentence. */
export const NO_ANSWER_SENTENCES = {
  'no-host': 'no app has this virtual host: HAProxy answers 503',
  'no-path': 'apps have this virtual host, but none of them this path: HAProxy answers 503',
  'left-out': 'an app names this virtual host, but does not have it: HAProxy answers 503',
  shut: 'the port that has this is left out until its fault is mended: HAProxy answers 503',
  'no-server': 'a rule leads to a backend that has no server: HAProxy answers 503',
  denied: 'a rule refuses such requests',
  redirected: 'a rule redirects the client',
} as const satisfies Record<NoAnswerReason, string>;

/** Why a port whose labels name something does not have it. */
export type ClaimReason =
  | 'left-out' // the whole port is left out
  | 'lost' // it has the host, path or port no more, or never got it
  | 'path' // it has other paths of the host alone
  | 'behind'; // another rule takes the request first

/** Each of them as a sentence; a Problem says more where there is one. */
export const CLAIM_SENTENCES = {
  'left-out': 'the port is left out',
  lost: 'it does not lead here',
  path: 'it has other paths of this host alone',
  behind: 'another rule takes the request first',
} as const satisfies Record<ClaimReason, string>;
