/** Keeps track of work that may take long, in words for the status: 'HAProxy to confirm the reload'. */
export class InProgress {
  readonly #open = new Set<string>();

  /** Runs the work. Until it is done, `what` is listed as being waited for. */
  async during<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    this.#open.add(what);
    try {
      return await work();
    } finally {
      this.#open.delete(what);
    }
  }

  /** Everything that is being waited for; 'its turn' when there is nothing. */
  get inWords(): string {
    return this.#open.size === 0 ? 'its turn' : [...this.#open].join(', and ');
  }
}
