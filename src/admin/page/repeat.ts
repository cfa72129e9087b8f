/** Something that is done again and again, one run after the other. */
export interface Repeated {
  /** Has it done soon, and once more after a run that is going on; many wishes within a moment are one. */
  readonly soon: () => void;
}

/** Wishes that come within this time are one, in milliseconds. */
const SOON_MS = 150;
/** While nobody sees the page it is done this often, in milliseconds. */
const HIDDEN_MS = 60_000;
/** A run that takes long is followed by a pause that is this many times as long. */
const PAUSE = 5;

/** Does something now, and again after as many milliseconds as it says. While the page is not seen, it waits for longer. */
export function repeat(work: () => Promise<number>): Repeated {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let [due, free] = [Infinity, 0];
  const now = { isRunning: false, isWanted: false };
  const plan = (ms: number): void => {
    const at = Math.max(free, performance.now() + ms);
    if (at >= due) return;
    due = at;
    clearTimeout(timer);
    timer = setTimeout(() => void run(), at - performance.now());
  };
  const run = async (): Promise<void> => {
    due = Infinity;
    Object.assign(now, { isRunning: true, isWanted: false });
    const began = performance.now();
    const ms = await work().catch(() => 5_000);
    const took = performance.now() - began;
    now.isRunning = false;
    free = began + took * (1 + PAUSE);
    plan(now.isWanted ? SOON_MS : document.hidden ? Math.max(ms, HIDDEN_MS) : ms);
  };
  const soon = (): void => {
    if (now.isRunning) now.isWanted = true;
    else plan(SOON_MS);
  };
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) soon();
  });
  plan(0);
  return { soon };
}
