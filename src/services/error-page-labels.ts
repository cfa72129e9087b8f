import type { ErrorStatus } from '../model/service.ts';
import { label, type Label } from './define-label.ts';
import { pageName } from './traffic-grammars.ts';

const FILE =
  "A file in the operator's folder (--error-pages), of 12,000 bytes at most. While it can't be used, HAProxy answers with its own page. The app's own answers are not replaced.";

/** The label for the page of one status; `answered` says when HAProxy answers with it. */
function page(status: ErrorStatus, answered: string) {
  return label(`ERROR_PAGE_${status}`, pageName, {
    question: 'answer',
    doc: `The page with which HAProxy answers ${status}: ${answered}. ${status === 403 ? FILE : 'As ERROR_PAGE_403.'}`,
    example: `sorry-${status}.html`,
    elsewhere: `Traefik errors; haproxy-ingress http-response-${status}; nginx custom-http-errors`,
  });
}

/** The labels of the pages that stand in place of HAProxy's own answers, by status. */
export const ERROR_PAGE_LABELS = {
  page403: page(403, 'the client is refused, by ALLOW, DENY or BACKEND_NETWORK_ALLOWED_ACL'),
  page413: page(413, 'the body is larger than MAX_BODY'),
  page429: page(429, 'there were more requests than RATE_LIMIT allows'),
  page500: page(500, "HAProxy can't handle the request"),
  page502: page(502, "the server's answer is broken, or ends too early"),
  page503: page(503, 'no server can be reached, or MAXCONN_TOTAL or TIMEOUT_QUEUE is exceeded'),
  page504: page(504, 'the server is silent for longer than TIMEOUT_SERVER'),
} satisfies Record<`page${ErrorStatus}`, Label<unknown>>;
