/** What is told while something happens, and when the daemon is away. */
export interface Listening {
  /** An event of `/v1/events`, by its name, with its JSON. */
  readonly heard: (event: string, data: unknown) => void;
  /** The stream is there, for the first time or again: whatever is shown is to be read anew. */
  readonly attached: () => void;
  /** The stream is lost. It is tried again. */
  readonly lost: () => void;
}

const EVENTS = ['change', 'problem', 'problem-gone', 'story'] as const;
/** From a lost stream to the next attempt, in milliseconds. */
const AGAIN_MS = 2_000;

/**
 * Listens to `/v1/events` as long as the page is open. A browser gives up by itself when it gets another answer than a stream, such as HAProxy's
 * while the daemon is away: so each attempt is a new one.
 */
export function listen({ heard, attached, lost }: Listening): void {
  const open = (): void => {
    const source = new EventSource('v1/events');
    source.addEventListener('open', attached);
    for (const name of EVENTS)
      source.addEventListener(name, ({ data }: MessageEvent<string>) => {
        heard(name, JSON.parse(data));
      });
    source.addEventListener('error', () => {
      source.close();
      lost();
      setTimeout(open, AGAIN_MS);
    });
  };
  open();
}
