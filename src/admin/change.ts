import { REASON_SENTENCES } from '../model/reasons.ts';
import type { Reason, ReasonCode } from '../model/document.ts';

/** One change of HAProxy, or one that did not succeed: when, why, what, and how long it took. */
export interface HaproxyChange {
  /** Counts on from the first change of this state folder. */
  readonly id: number;
  /** When it had ended, ISO 8601 in UTC. */
  readonly at: string;
  /** `commands`: HAProxy took it while it ran; `reload`: it has loaded the file; `failed`: neither, or not all of it. */
  readonly result: 'commands' | 'reload' | 'failed';
  /** How long HAProxy took, in milliseconds; null where that is not known. */
  readonly ms: number | null;
  /** Each kind of reason once, with its sentence. */
  readonly why: readonly { readonly code: ReasonCode; readonly text: string }[];
  /** What changed: 'shop_10004: 10_0_0_1_31001'; the first few. */
  readonly what: readonly string[];
  /** How many more there are of them. */
  readonly more: number;
  /** Why it failed, in a sentence; null where it did not. */
  readonly error: string | null;
}

/** A change as it is told, before it has a number. */
export type NewChange = Omit<HaproxyChange, 'id'>;

const MOST_WHAT = 20;

interface Done {
  /** In ms since 1970. */
  readonly at: number;
  readonly result: HaproxyChange['result'];
  readonly ms?: number;
  readonly reasons?: readonly Reason[];
  readonly error?: string;
}

/** Makes a change from what the drive reports. */
export function changeOf({ at, result, ms, reasons = [], error }: Done): NewChange {
  const codes = [...new Set(reasons.map(({ code }) => code))];
  const what = [...new Set(reasons.map(({ subject, detail }) => (detail === '' ? subject : `${subject}: ${detail}`)))];
  return {
    at: new Date(at).toISOString(),
    result,
    ms: ms === undefined ? null : Math.round(ms * 10) / 10,
    why: codes.map((code) => ({ code, text: REASON_SENTENCES[code] })),
    what: what.slice(0, MOST_WHAT),
    more: Math.max(0, what.length - MOST_WHAT),
    error: error ?? null,
  };
}
