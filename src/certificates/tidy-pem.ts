import { readBlocks } from './pem-blocks.ts';

/**
 * A PEM text with nothing but its certificates, in their order, and one private key, which may come from a second text. HAProxy's runtime command ends at
 * the first empty line, and reads what follows as commands [2.6 to 3.4].
 */
export function tidyPem(text: string, keyText = ''): string {
  const blocks = readBlocks(text);
  const certificates = blocks.filter(({ label }) => label.endsWith('CERTIFICATE'));
  const key = [...blocks, ...readBlocks(keyText)].find(({ label }) => label.endsWith('PRIVATE KEY'));
  const parameters = blocks.filter(({ label }) => label === 'DH PARAMETERS');
  return [...certificates, ...(key === undefined ? [] : [key]), ...parameters].map((block) => withoutEmptyLines(block.text)).join('');
}

function withoutEmptyLines(text: string): string {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => `${line}\n`)
    .join('');
}
