import type { AppRow } from '../../explain/app-rows.ts';
import type { StatRow } from '../../model/figures.ts';
import type { BackendFigures } from '../../admin/figures-of-backends.ts';
import type { Totals } from '../../admin/figures-totals.ts';

/** What `/v1/overview` answers. */
export interface OverviewShape {
  readonly revision: string;
  readonly whole: boolean;
  readonly gone: readonly string[];
  readonly apps: readonly AppRow[];
}

/** One backend. */
export type BackendShape = Omit<BackendFigures, 'iid' | 'came'>;

/** What `/v1/stats` answers. */
export interface StatsShape {
  readonly at: string;
  readonly everyMs: number;
  readonly totals: Totals;
  readonly past: readonly Totals[];
  readonly troubled: readonly BackendShape[];
  readonly most: readonly BackendShape[];
  readonly backends: readonly BackendShape[];
}

/** What `/v1/stats/{backend}` answers. */
export interface ServersShape {
  readonly backend: string;
  readonly servers: readonly ServerShape[];
}

/** A server, as HAProxy has it; counts since its worker began. */
export interface ServerShape extends Pick<StatRow, 'server' | 'status' | 'sessions' | 'requests' | 'errors' | 'answerMs' | 'check'> {
  /** Seconds since its state changed. */
  readonly changed: number | null;
}

/** A sentence of the demo's story. */
export interface StorySentence {
  /** ISO 8601. */
  readonly at: string;
  readonly text: string;
}
