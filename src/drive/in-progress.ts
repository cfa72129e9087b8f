/** What is being done that may take its time, in words: 'HAProxy to confirm the reload'. */
export class InProgress {
  readonly #open = new Set<string>();

  /** Does the work; while it is not done, `what` is waited for. */
  async during<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    this.#open.add(what);
    try {
      return await work();
    } finally {
      this.#open.delete(what);
    }
  }

  /** All that is waited for; 'its turn' where nothing is. */
  get inWords(): string {
    return this.#open.size === 0 ? 'its turn' : [...this.#open].join(', and ');
  }
}
