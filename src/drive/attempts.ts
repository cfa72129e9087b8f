import { makeBackoff } from '../lib/backoff.ts';
import { sentence } from '../lib/sentence.ts';
import type { Document, Reason } from '../model/document.ts';
import type { Verdict } from '../model/haproxy.ts';
import type { Outcome } from './outcome.ts';
import type { LaneDependencies } from './lane-dependencies.ts';
import { outcomeOf } from './wanted.ts';

/** How an attempt ended, and whether a different candidate will be wanted because of it. */
export interface AttemptResult {
  readonly outcome: Outcome;
  readonly another?: boolean;
}

/** A document that HAProxy refused at the reload, for a reason that does not go away by itself. `isBack`: the previous files are back in place. */
interface Hopeless {
  readonly document: Document;
  readonly why: string;
  readonly isBack: boolean;
}

/** Asks for a run of the quick or the slow lane. */
interface Lanes {
  readonly quick: () => void;
  readonly slow: () => void;
}

/** The waits between two tries of a configuration that `haproxy -c` refused for something that may pass by itself, such as a missing file. */
const PATIENCE = { first: 5_000, most: 300_000 } as const;

/** Applies one candidate: writes the files, then changes HAProxy. If HAProxy does not confirm, the previous files are put back. */
export class Attempts {
  readonly #shared: LaneDependencies;
  readonly #lanes: Lanes;
  readonly #patience = makeBackoff({ ...PATIENCE, random: Math.random });
  #waits = false;
  #hopeless: Hopeless | undefined;
  #isToCopy = false; // whether HAProxy has loaded files that are not copied yet

  constructor(shared: LaneDependencies, lanes: Lanes) {
    this.#shared = shared;
    this.#lanes = lanes;
  }

  /** Tries to make HAProxy run the candidate. Rejects with the reason when it may succeed later without a change. */
  async attempt(candidate: Document): Promise<AttemptResult> {
    const { parts, actual } = this.#shared;
    if (candidate === this.#hopeless?.document) {
      if (this.#hopeless.isBack) await this.#revive();
      return { outcome: { ok: false, why: `${this.#hopeless.why}; it is not tried again until the configuration changes` } };
    }
    await parts.ready?.();
    const done = await actual.onSocket(() => this.#withoutReload(candidate));
    if (done !== undefined) return { outcome: done };
    actual.duringReload.begin();
    try {
      return await this.#withReload(candidate);
    } finally {
      actual.duringReload.end();
      if (this.#isToCopy) await parts.files.confirm();
      this.#isToCopy = false;
    }
  }

  async #withReload(candidate: Document): Promise<AttemptResult> {
    const { parts, actual } = this.#shared;
    const { files, haproxy, plan } = parts;
    const started = await actual.onSocket(() => this.#startWith(candidate));
    if (started !== undefined) return started;
    const verdict = await actual.steps.during("'haproxy -c' to read the configuration", () => files.put(candidate));
    if (!verdict.ok) return this.#refused(candidate, verdict);
    this.#patience.reset();
    return actual.onSocket(async () => {
      const reasons = plan({ running: actual.running, wanted: candidate, release: await haproxy.release(), settles: true }).reload;
      if (reasons.length > 0) return this.#reload(candidate, reasons);
      actual.accept();
      return { outcome: { ok: true, by: 'commands' } };
    });
  }

  /**
   * Starts HAProxy with the candidate where none runs and no configuration is in place: the start is the check, and takes no longer. Returns undefined
   * when something runs or is in place, or when HAProxy did not start; a check then says why.
   */
  async #startWith(candidate: Document): Promise<AttemptResult | undefined> {
    const { parts, actual } = this.#shared;
    const { serveAtOnce, files, now, reloaded, plan } = parts;
    if (serveAtOnce === undefined || actual.running !== undefined || (await files.fingerprint()) !== 'none') return undefined;
    const start = now();
    await files.putFirst(candidate);
    if (!(await actual.steps.during('HAProxy to start', () => serveAtOnce()))) {
      await files.withdraw();
      return undefined;
    }
    reloaded(plan({ running: undefined, wanted: candidate, release: undefined }).reload, now() - start);
    return this.#loaded(candidate);
  }

  /** Returns the outcome if commands are enough, which may also be true for a HAProxy of an earlier daemon; undefined if a reload is needed. */
  async #withoutReload(candidate: Document): Promise<Outcome | undefined> {
    const { actual, settling } = this.#shared;
    if (actual.running === undefined) await actual.adopt();
    if (actual.running === undefined) return undefined;
    const { sent, reload, isPart } = await actual.command(actual.running, candidate);
    if (isPart && reload.length === 0) return this.#withoutReload(candidate); // the next part
    if (reload.length > 0 || settling.isDue) return undefined;
    actual.accept();
    return outcomeOf(sent);
  }

  async #refused(candidate: Document, refusal: Extract<Verdict, { readonly ok: false }>): Promise<AttemptResult> {
    const { actual } = this.#shared;
    const consequence = await actual.refuse(refusal, candidate);
    const another = consequence === 'another';
    if (consequence === 'later') this.#tryLater();
    if (!another && actual.running === undefined) await this.#startAsItWas();
    return { outcome: { ok: false, why: `HAProxy refuses the configuration: ${refusal.lines.join(' | ')}` }, another };
  }

  /** Asks for another try of what was refused, after a wait; there is one wait at a time. */
  #tryLater(): void {
    if (this.#waits) return;
    this.#waits = true;
    this.#shared.parts.later(this.#patience.next(), () => {
      this.#waits = false;
      this.#lanes.slow();
    });
  }

  /** The candidate was refused and no HAProxy runs: starts HAProxy with the files that are in place. */
  async #startAsItWas(): Promise<void> {
    const { applied, files } = this.#shared.parts;
    if ((await applied()) === undefined && (await files.fingerprint()) !== 'none') await this.#revive();
  }

  /** Starts HAProxy with the files that are in place, if it does not run. Returns whether it had to be started. */
  async #revive(): Promise<boolean> {
    const { parts, actual } = this.#shared;
    const hasEnded = await parts.revive();
    actual.revived(hasEnded);
    return hasEnded;
  }

  /**
   * Like `#revive`, but resolves to the error when HAProxy does not start with the previous files either: somebody may have taken a port of theirs.
   * What keeps the candidate from being served is told all the same, because a different candidate may be.
   */
  async #tryRevive(): Promise<boolean | Error> {
    try {
      return await this.#revive();
    } catch (error) {
      return error instanceof Error ? error : new Error(sentence(error));
    }
  }

  async #reload(candidate: Document, reasons: readonly Reason[]): Promise<AttemptResult> {
    const { parts, actual } = this.#shared;
    try {
      parts.signal.throwIfAborted();
      await actual.reload(reasons, candidate);
    } catch (error) {
      return this.#putBack(candidate, error);
    }
    return this.#loaded(candidate);
  }

  /** HAProxy has loaded the candidate. Its files are copied when commands go on again: those of a large estate have 10 MB. */
  async #loaded(candidate: Document): Promise<AttemptResult> {
    const { parts, actual } = this.#shared;
    this.#isToCopy = true;
    const sent = await actual.duringReload.sendAgain(candidate);
    actual.accept();
    actual.file.written = candidate;
    await actual.loaded(sent, 'told');
    parts.serves(candidate);
    this.#lanes.quick(); // for changes that came during the reload
    return { outcome: { ok: true, by: 'reload' } };
  }

  /**
   * Puts the previous files back, and starts HAProxy if the reload ended it. Rejects with the reason when the candidate may succeed later, so that
   * it is tried again.
   */
  async #putBack(candidate: Document, error: unknown): Promise<AttemptResult> {
    const { parts, actual } = this.#shared;
    const { files, ended, signal } = parts;
    actual.file.written = undefined;
    const isBack = await files.restore();
    if (signal.aborted) throw error;
    const revived = isBack ? await this.#tryRevive() : false;
    const hasEnded = revived === true;
    if (hasEnded) ended(error);
    const isFirst = !isBack && actual.running === undefined && (await parts.applied()) === undefined;
    const consequence = await actual.refuse({ error, hasEnded, isFirst }, candidate);
    if (hasEnded) await actual.readAgain();
    if (consequence === 'later') throw error;
    if (revived instanceof Error && consequence !== 'another') throw revived;
    const why = sentence(error);
    if (consequence === 'never') this.#hopeless = { document: candidate, why, isBack };
    return { outcome: { ok: false, why }, another: consequence === 'another' };
  }
}
