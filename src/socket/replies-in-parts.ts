import { readInfo, type WorkerInfo } from './master.ts';

/** Takes one answer, line by line, without the blank ones. */
export type TakeLine = (line: string) => void;

/**
 * Takes the answers to a line of `makeBatches` as they come, line by line, so that a long answer is never in memory as a whole. Each answer goes to one
 * of these, in order.
 */
export class RepliesInParts {
  readonly #takers: readonly TakeLine[];
  #rest = ''; // the line that has not ended yet
  #at = -1; // which answer it is; before all of them comes what the worker says of itself
  #head = '';
  #version = '';
  #worker: WorkerInfo | undefined;
  #after = ''; // what comes behind the last answer

  constructor(takers: readonly TakeLine[]) {
    this.#takers = takers;
  }

  /** Takes the next piece. */
  take(text: string): void {
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#line(this.#rest + text.slice(start, end));
      this.#rest = '';
      start = end + 1;
    }
    this.#rest += text.slice(start);
  }

  /** All has come. Returns which worker has answered. Throws a sentence when there are more or fewer answers than there were questions. */
  end(): WorkerInfo {
    if (this.#rest !== '') this.#line(this.#rest);
    const worker = this.#worker;
    if (worker === undefined) throw new Error(`HAProxy's answer does not name its worker: ${JSON.stringify(this.#head.slice(0, 200))}`);
    if (this.#at !== this.#takers.length || this.#after !== '')
      throw new Error(
        `HAProxy gave ${this.#at} answers to ${this.#takers.length} commands, then ${JSON.stringify(this.#after.slice(0, 200))}`,
      );
    return worker;
  }

  #line(line: string): void {
    if (line === '') return;
    if (this.#at < 0) this.#headLine(line);
    else if (line.length < MOST_MARK && line.trim() === this.#version) this.#at++;
    else if (line.trim() !== '') this.#taker(line);
  }

  #taker(line: string): void {
    const take = this.#takers[this.#at];
    if (take === undefined) this.#after = `${this.#after}${line}\n`.slice(0, 200);
    else take(line);
  }

  #headLine(line: string): void {
    if (this.#version !== '' && line.trim() === this.#version) {
      this.#worker = readInfo(this.#head);
      this.#at = 0;
      return;
    }
    this.#head += `${line}\n`;
    if (line.startsWith('Version: ')) this.#version = line.slice('Version: '.length).trim();
  }
}

/** No version of HAProxy is longer, in characters. */
const MOST_MARK = 100;
