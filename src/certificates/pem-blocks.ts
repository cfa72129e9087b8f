/** A part of a PEM text, from its BEGIN line to its END line. */
export interface PemBlock {
  /** The name after BEGIN, such as 'CERTIFICATE'. 'unknown' when it does not look like a name: in lines that were joined it could be a key. */
  readonly label: string;
  readonly text: string;
  /** False when the text ends, or an END with a different name comes, before the block's own END. */
  readonly whole: boolean;
}

const BEGIN = /^-----BEGIN (.*)-----$/;
const NAME = /^[A-Z0-9#. ]{1,60}$/i;
const END = '-----END ';

/**
 * The blocks that OpenSSL finds. BEGIN and END must be at the start of a line; spaces or CR at line ends are allowed; text between blocks is ignored.
 */
export function readBlocks(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  let open: { readonly label: string; readonly lines: string[] } | undefined;
  for (const line of text.split('\n').map((raw) => raw.trimEnd())) {
    const label = open?.label ?? BEGIN.exec(line)?.[1];
    if (label === undefined) continue;
    open ??= { label, lines: [] };
    open.lines.push(line);
    if (!line.startsWith(END)) continue;
    blocks.push(blockOf(open, line === `${END}${label}-----`));
    open = undefined;
  }
  return open === undefined ? blocks : [...blocks, blockOf(open, false)];
}

function blockOf({ label, lines }: { readonly label: string; readonly lines: readonly string[] }, whole: boolean): PemBlock {
  return { label: NAME.test(label) ? label : 'unknown', text: `${lines.join('\n')}\n`, whole };
}
