import { sleep } from '../lib/clock.ts';
import { withResolvers } from '../lib/resolvers.ts';
import type { Logger } from '../lib/logger.ts';
import type { View } from '../model/view.ts';
import type { Document } from '../model/document.ts';
import type { Drive } from '../drive/drive.ts';

/** What a gate leads to and what it waits for. */
interface GateSettings {
  readonly drive: Pick<Drive, 'want'>;
  /** The gate opens when this promise settles, whether it resolves or rejects. */
  readonly waitsFor: Promise<unknown>;
  /** What the promise stands for, as words for the log: 'the first look at certificates'. */
  readonly what: string;
  /** The gate opens at the latest this many milliseconds after the first view. */
  readonly mostMs: number;
  readonly log: Pick<Logger, 'warn'>;
  readonly signal: AbortSignal;
}

/** Stands between the views and HAProxy. */
export interface Gate {
  /** A consumer of views. Hands their documents to HAProxy while the gate is open, and hands over the latest one when it opens. */
  readonly see: (view: Pick<View, 'document'>) => void;
  /** Resolves when the gate is open, or when the run has ended. */
  readonly opened: Promise<void>;
}

/**
 * Holds back documents from HAProxy until the gate opens. Without the gate, HAProxy would refuse the first document because of a bad certificate, and
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
      if (latest === undefined && !isOpen) sleep(mostMs, signal).then(openLate, () => undefined); // rejects when the run has ended
      latest = document;
      if (isOpen && !signal.aborted) drive.want(document);
    },
    opened,
  };
}
