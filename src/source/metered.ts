import type { Dispatcher } from 'undici';

/** Who is told of requests to Marathon. */
export interface RequestMeter {
  /** A request has ended: its status, 'error' where no answer came; and how long it took. */
  readonly ended: (code: string, seconds: number) => void;
  /** So many bytes of a body have come. */
  readonly read: (bytes: number) => void;
}

/** A dispatcher's requests, told to a meter. An event stream has ended for the meter with its head: it goes on for hours. */
export function metered(meter: RequestMeter): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => dispatch(options, new Metered(handler, meter, options.path.startsWith('/v2/events')));
}

/** Hands everything on. */
class Metered implements Dispatcher.DispatchHandler {
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #meter: RequestMeter;
  readonly #isStream: boolean;
  readonly #start = performance.now();
  #status: number | undefined;
  #hasEnded = false;

  constructor(handler: Dispatcher.DispatchHandler, meter: RequestMeter, isStream: boolean) {
    this.#handler = handler;
    this.#meter = meter;
    this.#isStream = isStream;
  }

  onRequestStart(...words: Parameters<NonNullable<Dispatcher.DispatchHandler['onRequestStart']>>): void {
    this.#handler.onRequestStart?.(...words);
  }

  onRequestUpgrade(...words: Parameters<NonNullable<Dispatcher.DispatchHandler['onRequestUpgrade']>>): void {
    this.#handler.onRequestUpgrade?.(...words);
  }

  onResponseStart(...words: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>): void {
    this.#status = words[1];
    if (this.#isStream) this.#end();
    this.#handler.onResponseStart?.(...words);
  }

  onResponseData(...words: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseData']>>): void {
    this.#meter.read(words[1].length);
    this.#handler.onResponseData?.(...words);
  }

  onResponseEnd(...words: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseEnd']>>): void {
    this.#end();
    this.#handler.onResponseEnd?.(...words);
  }

  onResponseError(...words: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseError']>>): void {
    this.#end();
    this.#handler.onResponseError?.(...words);
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#meter.ended(String(this.#status ?? 'error'), (performance.now() - this.#start) / 1000);
  }
}
