import { sleep } from '../lib/clock.ts';
import { withResolvers } from '../lib/resolvers.ts';
import type { Logger } from '../lib/logger.ts';
import type { View } from '../model/view.ts';
import type { Document } from '../model/document.ts';
import type { Drive } from '../drive/drive.ts';

/** What a gate leads to, and what it waits for before it opens. */
interface GateSettings {
  readonly drive: Pick<Drive, 'want'>;
  /** The gate opens when this has ended, whether it succeeded or not. */
  readonly waitsFor: Promise<unknown>;
  /** What that is, for the log: 'the first look at certificates'. */
  readonly what: string;
  /** After so many milliseconds from the first view on it opens all the same. */
  readonly mostMs: number;
  readonly log: Pick<Logger, 'warn'>;
  readonly signal: AbortSignal;
}

/** Between the views and HAProxy. */
export interface Gate {
  /** A consumer of views: hands their documents to HAProxy when the gate is open; the latest one when it opens. */
  readonly see: (view: Pick<View, 'document'>) => void;
  /** Resolves when the gate is open, or never will be because the run has ended. */
  readonly opened: Promise<void>;
}

/**
 * HAProxy gets no document before the gate is open. Only the first document waits: HAProxy would refuse it for a certificate that is no good, and
 * at a cold start nothing would serve. Later documents pass at once.
 */
export function makeGate({ drive, waitsFor, what, mostMs, log, signal }: GateSettings): Gate {
  let latest: Document | undefined;
  let isOpen = false;
  const { promise: opened, resolve } = withResolvers();
  const open = (): void => {
    if (isOpen) return;
    isOpen = true;
    if (latest !== undefined && !signal.aborted) drive.want(latest);
    resolve();
  };
  const openLate = (): void => {
    if (isOpen) return;
    log.warn({ afterMs: mostMs }, `HAProxy gets its first configuration without waiting any longer for ${what}`);
    open();
  };
  void waitsFor.then(open, open);
  signal.addEventListener('abort', open, { once: true });
  return {
    see: ({ document }) => {
      if (latest === undefined && !isOpen) sleep(mostMs, signal).then(openLate, () => undefined); // the run has ended
      latest = document;
      if (isOpen && !signal.aborted) drive.want(document);
    },
    opened,
  };
}
