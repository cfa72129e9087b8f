/** Cuts one streamed JSON body into elements. Call `push` with every chunk in order, then `end`. */
export interface ElementCutter {
  /** Returns the elements that this chunk completes, as JSON texts. The chunk must not be changed afterwards. Throws when the JSON is broken. */
  push(chunk: Uint8Array): readonly string[];
  /** Throws an Error with a sentence when the body is empty, was cut short, or has no array under the key. */
  end(): void;
}

/**
 * Makes a cutter for a body such as `{"apps":[{…},{…}]}`: it returns the elements of the top-level array under `key`, so that each can be parsed
 * on its own and a large body never has to be one string. Without a key the body itself is the array, `[{…},{…}]`. It looks only at strings, brackets and commas. It does not check that an element is
 * valid JSON (the caller parses it), and it skips members other than `key` without checking them.
 */
export function makeElementCutter(key?: string): ElementCutter {
  return new Cutter(key);
}

/** Where in the top-level object the scanner is, named by what must come next, with the words for error messages. */
type Expected = keyof typeof NEXT;
const NEXT = {
  object: 'a JSON object',
  list: 'a JSON array', // the whole body
  key: 'a member',
  colon: 'a colon',
  array: 'an array', // the value under `key`
  value: 'a value', // of a member other than `key`, or the comma after that value
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

/** 1 for bytes that have a meaning outside of strings. None of these bytes occurs inside a UTF-8 sequence. */
const MARKS = Uint8Array.from({ length: 256 }, (_, byte) => ('"[]{},:'.includes(String.fromCharCode(byte)) ? 1 : 0));

class Cutter implements ElementCutter {
  readonly #key: string | undefined;
  readonly #text = makeText();
  #place: Expected;
  #depth = 0; // how many brackets are open; elements are at depth 2
  #inString = false;
  #escaped = false; // the previous byte was a backslash
  #afterComma = false; // an element must follow the comma
  #wanted = false; // the current member is `key`
  #found = false;
  #total = 0; // how many bytes the previous chunks had
  #elements: string[] = [];

  constructor(key: string | undefined) {
    this.#key = key;
    this.#place = key === undefined ? 'list' : 'object';
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

  /** Reads up to the string's end, a backslash, or the chunk's end. Returns the last index it has read. */
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

  /** Reads up to the next byte with a meaning, and acts on that byte. Returns the last index it has read. */
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

  /** Reads inside of an element, which is most of every body: one loop without function calls counts brackets and skips strings, because it is fast. */
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

  /** Outside of the top-level object or array: takes white space, and the opening bracket once. */
  #outside(byte: number, at: number): void {
    if (isSpace(byte)) return;
    if (byte === OPEN_ARRAY && this.#place === 'list') {
      this.#beginArray(at);
      return;
    }
    if (byte !== OPEN_OBJECT || this.#place !== 'object') throw this.#broken(byte, at);
    this.#depth = 1;
    this.#place = 'key';
  }

  /** Between two elements, or at the bracket that opens an element. */
  #inArray(byte: number, at: number): void {
    if (nesting(byte) > 0) this.#depth++;
    else if (byte === COMMA) {
      this.#endElement(byte, at);
      this.#text.begin(at + 1);
      this.#afterComma = true;
    } else if (byte === CLOSE_ARRAY) {
      this.#endElement(byte, at);
      this.#depth = this.#key === undefined ? 0 : 1;
      this.#place = this.#key === undefined ? 'nothing' : 'value';
    } else throw this.#broken(byte, at);
  }

  #endElement(byte: number, at: number): void {
    const element = this.#text.take(at);
    if (/\S/.test(element)) this.#elements.push(element);
    else if (byte === COMMA || this.#afterComma) throw this.#broken(byte, at);
  }

  /** A byte with a meaning in the top-level object, or inside a member that is skipped. */
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

  /** Whether a member's name, with its quotes, is `key`. Only a name with escapes has to be parsed. */
  #isKey(name: string): boolean {
    return (name.includes('\\') ? (JSON.parse(name) as unknown) : name.slice(1, -1)) === this.#key;
  }

  #broken(byte: number, at: number): Error {
    const found = byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `byte ${byte}`;
    return new Error(`the JSON is broken at byte ${this.#total + at}: ${found} where ${NEXT[this.#place]} was wanted`);
  }
}

/** Returns by how much a byte changes the depth: 1 for an opening bracket, -1 for a closing bracket, else 0. */
function nesting(byte: number): number {
  if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) return 1;
  return byte === CLOSE_OBJECT || byte === CLOSE_ARRAY ? -1 : 0;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Collects one text that may span several chunks; bytes are copied only when it does. */
function makeText() {
  let current = Buffer.alloc(0);
  let from = -1; // where the text begins in the current chunk, or -1 when no text has begun
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
