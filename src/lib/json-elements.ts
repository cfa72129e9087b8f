/** Cuts one streamed JSON body. Give it every chunk in order, then the end. */
export interface ElementCutter {
  /** The elements that this chunk completes, as JSON texts. The chunk must not be changed afterwards. Throws when the body can't be right. */
  push(chunk: Uint8Array): readonly string[];
  /** Throws an Error with a sentence when the body was cut short or had no such array. */
  end(): void;
}

/**
 * Cuts a body such as `{"apps":[{…},{…}]}` into the elements of the top-level array under `key`, so that each is parsed on its own and a body
 * of any size is never one string. It looks at bytes: strings, brackets and the commas between elements. Whether an element is JSON is found
 * out by whoever parses it; members other than `key` are jumped over and not checked.
 */
export function makeElementCutter(key: string): ElementCutter {
  return new Cutter(key);
}

/** Where in the top-level object the scanner is, by what comes next, and the words for that. */
type Place = keyof typeof NEXT;
const NEXT = {
  object: 'a JSON object',
  key: 'a member',
  colon: 'a colon',
  array: 'an array', // the value under `key`
  value: 'a value', // of another member, or a comma behind one
  element: 'an element',
  nothing: 'the end',
};

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** 1 for the bytes that mean something outside a string. None of them occurs inside a UTF-8 sequence. */
const MARKS = Uint8Array.from({ length: 256 }, (_, byte) => ('"[]{},:'.includes(String.fromCharCode(byte)) ? 1 : 0));

class Cutter implements ElementCutter {
  readonly #key: string;
  readonly #text = makeText();
  #place: Place = 'object';
  #depth = 0; // of open brackets; elements lie at 2
  #inString = false;
  #escaped = false; // the byte before was a backslash
  #afterComma = false; // an element must follow
  #wanted = false; // the member at hand is `key`
  #found = false;
  #total = 0; // bytes in the chunks before
  #elements: string[] = [];

  constructor(key: string) {
    this.#key = key;
  }

  push(chunk: Uint8Array): readonly string[] {
    this.#elements = [];
    this.#text.turnTo(chunk);
    for (let at = 0; at < chunk.length; at++) at = this.#inString ? this.#passString(chunk, at) : this.#passMark(chunk, at);
    this.#text.keep();
    this.#total += chunk.length;
    return this.#elements;
  }

  end(): void {
    if (this.#total === 0) throw new Error('the body is empty');
    if (this.#place !== 'nothing') throw new Error(`the JSON is cut short after ${this.#total} bytes`);
    if (!this.#found) throw new Error(`the JSON has no "${this.#key}"`);
  }

  /** Up to the string's end, a backslash, or the chunk's end; answers with the last index it has seen. */
  #passString(chunk: Uint8Array, from: number): number {
    if (this.#escaped) {
      this.#escaped = false;
      return from;
    }
    let at = from;
    while (at < chunk.length && chunk[at] !== QUOTE && chunk[at] !== BACKSLASH) at++;
    if (chunk[at] === QUOTE) this.#endString(at);
    else if (chunk[at] === BACKSLASH) this.#escaped = true;
    return at;
  }

  /** Up to the next byte that means something, and what it means; answers with the last index it has seen. */
  #passMark(chunk: Uint8Array, from: number): number {
    let at = from;
    if (this.#depth > 0) while (at < chunk.length && MARKS[chunk[at] ?? 0] === 0) at++;
    const byte = chunk[at];
    if (byte === undefined) return at;
    if (byte === QUOTE && this.#depth > 0) this.#beginString(at);
    else if (this.#depth > 2) return this.#passInside(chunk, at);
    else if (this.#depth === 0) this.#outside(byte, at);
    else if (this.#place === 'element') this.#inArray(byte, at);
    else this.#inObject(byte, at);
    return at;
  }

  /** The inside of an element, most of every body: brackets are counted and strings jumped over in one loop without calls. */
  #passInside(chunk: Uint8Array, from: number): number {
    const length = chunk.length;
    let depth = this.#depth;
    let at = from;
    for (; at < length && depth > 2; at++) {
      const byte = chunk[at] ?? 0;
      if (byte === QUOTE) {
        for (at++; at < length && chunk[at] !== QUOTE; at++) if (chunk[at] === BACKSLASH) at++;
        this.#inString = at >= length;
        this.#escaped = at > length;
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++;
      else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth--;
    }
    this.#depth = depth;
    return at - 1;
  }

  /** White space, and once the object's opening bracket. */
  #outside(byte: number, at: number): void {
    if (isSpace(byte)) return;
    if (byte !== OPEN_OBJECT || this.#place !== 'object') throw this.#broken(byte, at);
    this.#depth = 1;
    this.#place = 'key';
  }

  /** Between the elements, or at the bracket that opens one. */
  #inArray(byte: number, at: number): void {
    if (nesting(byte) > 0) this.#depth++;
    else if (byte === COMMA) {
      this.#endElement(byte, at);
      this.#text.begin(at + 1);
      this.#afterComma = true;
    } else if (byte === CLOSE_ARRAY) {
      this.#endElement(byte, at);
      this.#depth = 1;
      this.#place = 'value';
    } else throw this.#broken(byte, at);
  }

  #endElement(byte: number, at: number): void {
    const element = this.#text.take(at);
    if (/\S/.test(element)) this.#elements.push(element);
    else if (byte === COMMA || this.#afterComma) throw this.#broken(byte, at);
  }

  /** A mark of the object itself, or inside a member that is jumped over. */
  #inObject(byte: number, at: number): void {
    if (this.#place === 'value' && (this.#depth > 1 || nesting(byte) > 0)) this.#depth += nesting(byte);
    else if (this.#place === 'array' && byte === OPEN_ARRAY) this.#beginArray(at);
    else if (this.#place === 'colon' && byte === COLON) this.#place = this.#wanted ? 'array' : 'value';
    else if (this.#place === 'value' && byte === COMMA) this.#place = 'key';
    else if ((this.#place === 'value' || this.#place === 'key') && byte === CLOSE_OBJECT) {
      this.#depth = 0;
      this.#place = 'nothing';
    } else throw this.#broken(byte, at);
  }

  #beginArray(at: number): void {
    this.#place = 'element';
    this.#found = true;
    this.#afterComma = false;
    this.#depth = 2;
    this.#text.begin(at + 1);
  }

  #beginString(at: number): void {
    if (this.#place === 'colon' || this.#place === 'array') throw this.#broken(QUOTE, at);
    if (this.#place === 'key') this.#text.begin(at);
    this.#inString = true;
  }

  #endString(at: number): void {
    this.#inString = false;
    if (this.#place !== 'key') return;
    this.#wanted = this.#isKey(this.#text.take(at + 1));
    this.#place = 'colon';
  }

  /** Of a member's name with its quotes. Only one with escapes needs parsing. */
  #isKey(name: string): boolean {
    return (name.includes('\\') ? (JSON.parse(name) as unknown) : name.slice(1, -1)) === this.#key;
  }

  #broken(byte: number, at: number): Error {
    const found = byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `byte ${byte}`;
    return new Error(`the JSON is broken at byte ${this.#total + at}: ${found} where ${NEXT[this.#place]} was wanted`);
  }
}

/** How much deeper a byte leads. */
function nesting(byte: number): number {
  if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) return 1;
  return byte === CLOSE_OBJECT || byte === CLOSE_ARRAY ? -1 : 0;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Collects one text that may lie in several chunks; bytes are copied only when it does. */
function makeText() {
  let current = Buffer.alloc(0);
  let from = -1; // where the text begins in the chunk at hand; -1: no text is open
  let before: Buffer[] = [];
  return {
    turnTo(chunk: Uint8Array): void {
      current = Buffer.from(chunk.buffer as ArrayBuffer, chunk.byteOffset, chunk.byteLength);
    },
    begin(at: number): void {
      from = at;
    },
    keep(): void {
      if (from < 0) return;
      before.push(current.subarray(from));
      from = 0;
    },
    take(to: number): string {
      const inOne = before.length === 0;
      const text = inOne ? current.toString('utf8', from, to) : Buffer.concat([...before, current.subarray(from, to)]).toString();
      before = [];
      from = -1;
      return text;
    },
  };
}
