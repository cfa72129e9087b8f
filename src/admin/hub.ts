/** Something that happened, for those who listen. */
export interface Happening {
  /** `change`, `problem`, `problem-gone`; `story` in the demo. What is `story` is told to those who come later too. */
  readonly event: string;
  readonly data: unknown;
}

/** Sends each event to all clients of /v1/events. */
export interface Hub {
  readonly publish: (happening: Happening) => void;
  /** What happens from now on, as server-sent events, until the signal; undefined when too many listen already. */
  readonly listen: (signal: AbortSignal) => AsyncIterable<string> | undefined;
  readonly listeners: () => number;
}

/** The bounds of a hub: how many listeners, and how many characters may wait for one. A client that reads too slowly is disconnected and may connect again. */
const MOST_LISTENERS = 20;
const MOST_WAITING = 1_000_000;
const BEAT_MS = 15_000;
/** So many sentences of the demo's story are kept. */
const MOST_TOLD = 12;

/** The text that one listener has not read yet. */
interface Queue {
  text: string;
  isOver: boolean;
  wake: () => void;
}

/** A hub that nobody listens to yet. */
export function makeHub(): Hub {
  const queues = new Set<Queue>();
  let told: readonly string[] = [];
  return {
    publish: ({ event, data }) => {
      if (queues.size === 0 && event !== 'story') return;
      const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
      if (event === 'story') told = [...told.slice(1 - MOST_TOLD), text];
      for (const queue of queues) {
        queue.isOver ||= queue.text.length + text.length > MOST_WAITING;
        if (!queue.isOver) queue.text += text;
        queue.wake();
      }
    },
    listen: (signal) => {
      if (queues.size >= MOST_LISTENERS) return undefined;
      const queue: Queue = { text: [': what happens from now on\n\n', ...told].join(''), isOver: false, wake: () => undefined };
      queues.add(queue);
      const end = (): void => {
        queues.delete(queue);
        queue.isOver = true;
        queue.wake();
      };
      if (signal.aborted) end();
      else signal.addEventListener('abort', end, { once: true });
      return listen(queue);
    },
    listeners: () => queues.size,
  };
}

async function* listen(queue: Queue): AsyncGenerator<string> {
  while (!queue.isOver) {
    if (queue.text === '') await something(queue);
    const text = queue.text === '' ? ': beat\n\n' : queue.text;
    queue.text = '';
    yield text;
  }
}

/** Resolves when there is text to send, when it is time for a sign of life, or when the signal aborts. */
async function something(queue: Queue): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, BEAT_MS);
    queue.wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
  queue.wake = () => undefined;
}
