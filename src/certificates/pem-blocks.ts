/** A part of a PEM text, from its BEGIN to its END. */
export interface PemBlock {
  /** What stands behind BEGIN: 'CERTIFICATE'. Only a name: of lines that were joined it could be a key. */
  readonly label: string;
  readonly text: string;
  /** False when the text ends, or another END comes, before its own. */
  readonly whole: boolean;
}

const BEGIN = /^-----BEGIN (.*)-----$/;
const NAME = /^[A-Z0-9#. ]{1,60}$/i;
const END = '-----END ';

/** The blocks that OpenSSL finds: their lines begin at the margin, may end with blanks or CR, and what stands between blocks means nothing. */
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
