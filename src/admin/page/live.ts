/** What is told while something happens, and when the daemon is away. */
export interface LiveListener {
  /** An event of `/v1/events`, by its name, with its JSON. */
  readonly heard: (event: string, data: unknown) => void;
  /** The stream is there, for the first time or again: whatever is shown is to be read anew. */
  readonly attached: () => void;
  /** The stream is lost, or too many listen already. It is tried again. */
  readonly lost: () => void;
}

/** The stream, while it is listened to. */
export interface LiveStream {
  /** Leaves it for a new one. After a reload of HAProxy the old worker would stay for the stream's sake. */
  readonly renew: () => void;
}

const EVENTS = ['change', 'problem', 'problem-gone', 'story'] as const;
/** From a lost stream to the next attempt, in milliseconds. */
const AGAIN_MS = 2_000;

/**
 * Listens to `/v1/events` as long as somebody sees the page. A browser gives up by itself when it gets another answer than a stream, such as
 * HAProxy's while the daemon is away, so each attempt is a new one. It has few connections for each host, so a page in the background has none.
 */
export function listen(listening: LiveListener): LiveStream {
  let source: EventSource | undefined;
  const open = (): void => {
    source?.close();
    source = document.hidden ? undefined : openStream(listening, open);
  };
  document.addEventListener('visibilitychange', open);
  open();
  return { renew: open };
}

function openStream({ heard, attached, lost }: LiveListener, again: () => void): EventSource {
  const source = new EventSource('v1/events');
  source.addEventListener('open', attached);
  for (const name of EVENTS)
    source.addEventListener(name, ({ data }: MessageEvent<string>) => {
      heard(name, JSON.parse(data));
    });
  source.addEventListener('error', () => {
    source.close();
    lost();
    setTimeout(again, AGAIN_MS);
  });
  return source;
}
