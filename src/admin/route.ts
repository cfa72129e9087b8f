/** What was asked, as far as a route needs it. */
export interface RouteRequest {
  /** What stands in place of the `{names}` of the route's path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Aborts when nobody waits for the answer any more, or it is late. */
  readonly signal: AbortSignal;
  /** Aborts when the client has gone. */
  readonly gone: AbortSignal;
}

/** What is sent: a text, a long text in pieces that are made while they are sent, or a stream that goes on as long as somebody listens. */
export type Body = { readonly text: string } | { readonly pieces: Iterable<string> } | { readonly stream: AsyncIterable<string> };

/** An answer over HTTP. */
export type RouteAnswer = Body & {
  readonly status: number;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** One thing that can be asked for. */
export interface AdminRoute {
  readonly method: 'GET' | 'POST';
  /** `/v1/problems`; `{id}` stands for one part between slashes, `{id…}` for all that follows. */
  readonly path: string;
  readonly answer: (asked: RouteRequest) => RouteAnswer | Promise<RouteAnswer>;
  /** Whether it is the page, which links of other sites may lead to: a wiki, a chat, an alert. */
  readonly isPage?: true;
  /** Whether it changes something, so that not everybody may ask for it. */
  readonly isChange?: true;
  /** How long the answer may take to begin, in milliseconds; 10 s when left out. */
  readonly deadlineMs?: number;
}

/** Something as JSON, in lines that people can read. */
export function json(value: unknown, status = 200): RouteAnswer {
  return { status, type: 'application/json', text: `${JSON.stringify(value, undefined, 2)}\n` };
}

/** An error, with a hint about what to do instead. */
export interface Refusal {
  readonly status: number;
  readonly error: string;
  readonly hint: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal, as it is sent. */
export function refused({ status, error, hint, headers }: Refusal): RouteAnswer {
  return { ...json({ error, hint }, status), ...(headers !== undefined && { headers }) };
}
