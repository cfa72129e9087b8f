/** The size of an event, as far as it has arrived. */
export interface EventSize {
  readonly bytes: number;
  readonly lines: number;
}

const [LF, CR] = [10, 13];

/**
 * Makes a function that measures the events of a stream. It takes each piece in order, and returns the size of the largest event that ends or goes
 * on in the piece. An empty line ends an event; a line ends with LF, CR or both. Lines are counted as well as bytes, because each line of `data:`
 * costs the parser some 40 bytes of memory, however short it is.
 */
export function makeEventMeasure(): (piece: Uint8Array) => EventSize {
  let [bytes, lines] = [0, 0]; // of the current event
  let lineBytes = 0;
  let last = 0;
  return (piece) => {
    const most = { bytes: 0, lines: 0 };
    const compare = (): void => {
      most.bytes = Math.max(most.bytes, bytes);
      most.lines = Math.max(most.lines, lines);
    };
    for (const byte of piece) {
      bytes++;
      if (byte !== LF && byte !== CR) lineBytes++;
      else if (byte === CR || last !== CR) {
        lines++;
        if (lineBytes === 0) {
          compare();
          [bytes, lines] = [0, 0];
        }
        lineBytes = 0;
      }
      last = byte;
    }
    compare();
    return most;
  };
}
