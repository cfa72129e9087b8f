import { machineTime } from '../lib/clock.ts';
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readBlocks, type PemBlock } from './pem-blocks.ts';
import { reasonOf, whyWeak } from './strength.ts';

/** What is wrong with a certificate. `found` continues a sentence that begins with the file; `wanted` is a sentence of its own. */
export interface PemFinding {
  readonly found: string;
  readonly wanted: string;
}

/** The verdict on a PEM text. */
export type PemVerdict = UsablePem | { readonly usable: false; readonly fault: PemFinding };

/** A PEM text that HAProxy could serve. */
export interface UsablePem {
  readonly usable: true;
  /** What clients may reject although HAProxy serves it. */
  readonly remarks: readonly PemFinding[];
  /** The served certificate, then its chain. */
  readonly certificates: readonly [X509Certificate, ...X509Certificate[]];
  /** When the verdict changes next through time alone, in milliseconds since 1970; Infinity when it does not. */
  readonly until: number;
}

/** What a verdict depends on in addition to the text. */
export interface PemSurroundings {
  /** The content of the file `.key` beside it, where HAProxy looks for the key when the text has none that it can read. */
  readonly key?: string | Buffer | undefined;
  /** The current time, in milliseconds since 1970. */
  readonly now?: number;
}

/** So many certificates and keys a text may have. Each takes a third of a millisecond to read, and OpenSSL's clients take no chain of more than 100 kB. */
const MOST_BLOCKS = 100;

type Parsed<Value> = { readonly value: Value } | { readonly fault: PemFinding };

const WANTED = 'put the PEM text of a certificate, its chain and its private key without passphrase there';
const FIRST = new Set(['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE']);
const CHAIN = new Set(['CERTIFICATE', 'X509 CERTIFICATE']);

/**
 * Decides whether HAProxy could serve a text after `crt`. The text is parsed by OpenSSL, which HAProxy uses as well. A truncated or damaged chain is
 * a fault: HAProxy 2.6 accepts it and drops everything after the damage, later releases refuse it.
 */
export function judgePem(text: string | Buffer, { key: beside, now = machineTime() }: PemSurroundings = {}): PemVerdict {
  const pem = plain(text);
  const blocks = readBlocks(pem);
  if (blocks.length > MOST_BLOCKS) return refused(tooMany(blocks.length));
  const first = blocks.findIndex(({ label }) => FIRST.has(label));
  if (first < 0) return refused(withoutCertificate(pem));
  const leaf = readFirst(pem, blocks.slice(0, first + 1));
  if ('fault' in leaf) return refused(leaf.fault);
  const key = readKey(pem, blocks, beside);
  if ('fault' in key) return refused(key.fault);
  const chain = readChain(blocks.slice(first + 1));
  if ('fault' in chain) return refused(chain.fault);
  const fault = unlike(leaf.value, chain.value, key.value) ?? tooWeak(leaf.value, chain.value, key.value);
  if (fault !== undefined) return refused(fault);
  const { remarks, until } = validity(leaf.value, now);
  const certificates = [leaf.value, ...chain.value] as const;
  return { usable: true, certificates, until, remarks: [...remarks, ...outOfOrder(certificates)] };
}

/** The text with one character for each byte, because a PEM text is ASCII only. A byte order mark is removed, as in OpenSSL. */
function plain(text: string | Buffer): string {
  return (typeof text === 'string' ? text : text.toString('latin1')).replace(/^(?:\ufeff|\xef\xbb\xbf)/, '');
}

function refused(fault: PemFinding): PemVerdict {
  return { usable: false, fault };
}

function tooMany(count: number): PemFinding {
  const wanted = 'put only the certificate, those that signed it and its private key there';
  return { found: `holds ${count} certificates and keys, and can hold ${MOST_BLOCKS} at most`, wanted };
}

function withoutCertificate(pem: string): PemFinding {
  if (pem.trim() === '') return { found: 'is empty', wanted: WANTED };
  if (pem.startsWith('\xff\xfe') || pem.startsWith('\xfe\xff'))
    return { found: 'is text in UTF-16', wanted: 'save it as plain ASCII text' };
  if (hasLine(pem, '-----BEGIN ', '\\n'))
    return { found: 'has \\n as two characters where its lines should end', wanted: 'write each \\n as a line end' };
  if (/-----\r(?!\n)/.test(pem)) return { found: 'has a lone CR where its lines should end', wanted: 'write its lines with LF or CRLF' };
  if (/-----BEGIN (?:[A-Z0-9]+ )?CERTIFICATE-----[ \t]*[A-Za-z0-9+/]/.test(pem))
    return { found: 'has its lines joined into one', wanted: "write '-----BEGIN' and '-----END' on lines of their own" };
  if (/^.+-----BEGIN (?:[A-Z0-9]+ )?CERTIFICATE-----/m.test(pem))
    return { found: "has something in front of '-----BEGIN CERTIFICATE-----'", wanted: 'begin that line with the dashes' };
  if (/[\x00-\x08]/.test(pem))
    return {
      found: 'is not text; it may be DER or PKCS#12',
      wanted: 'turn it into PEM text with openssl, certificate and key in one file',
    };
  return { found: 'holds no certificate in PEM', wanted: WANTED };
}

/** Whether a line has the text `first` and, behind it, the text `then`. A regular expression would search again from each place that has `first`. */
function hasLine(text: string, first: string, then: string): boolean {
  return text.split('\n').some((line) => {
    const at = line.indexOf(first);
    return at >= 0 && line.includes(then, at + first.length);
  });
}

function readFirst(pem: string, blocks: readonly PemBlock[]): Parsed<X509Certificate> {
  try {
    return { value: new X509Certificate(pem) };
  } catch (error) {
    return { fault: damaged(blocks, `holds a certificate that can't be read (${reasonOf(error)})`) };
  }
}

/** The reason why a text with these blocks can't be read; the hint asks for the whole PEM text again. */
function damaged(blocks: readonly PemBlock[], found: string): PemFinding {
  const glued = blocks.some(({ text }) => hasLine(text, '-----END ', '----------BEGIN '));
  if (glued) return { found: "has no line end between '-----END' and '-----BEGIN'", wanted: 'write each of them on a line of its own' };
  const cut = blocks.find(({ whole }) => !whole);
  return { found: cut === undefined ? found : `is cut off: a block '${cut.label}' has no end`, wanted: WANTED };
}

function readKey(pem: string, blocks: readonly PemBlock[], beside: string | Buffer | undefined): Parsed<KeyObject> {
  const own = ownKey(pem, blocks);
  if (own instanceof Error && beside === undefined) return { fault: withoutKey(blocks, own) };
  const key = own instanceof Error ? keyOf(plain(beside ?? '')) : own;
  if (!(key instanceof Error)) return { value: key };
  return {
    fault: { found: `holds no private key, and the one in the file .key beside it can't be read (${key.message})`, wanted: WANTED },
  };
}

/** OpenSSL takes the first key of a text; it finds it sooner in the key's own block. */
function ownKey(pem: string, blocks: readonly PemBlock[]): KeyObject | Error {
  const block = blocks.find(({ label }) => label.endsWith('PRIVATE KEY'));
  const key = block?.whole === true ? keyOf(block.text) : undefined;
  return key === undefined || key instanceof Error ? keyOf(pem) : key;
}

function keyOf(pem: string): KeyObject | Error {
  try {
    return createPrivateKey({ key: pem, format: 'pem' });
  } catch (error) {
    return new Error(reasonOf(error));
  }
}

function withoutKey(blocks: readonly PemBlock[], error: Error): PemFinding {
  const keys = blocks.filter(({ label }) => label.endsWith('PRIVATE KEY'));
  if (keys.some(({ label, text }) => label.startsWith('ENCRYPTED') || text.includes('\nProc-Type: 4,ENCRYPTED')))
    return { found: 'holds a private key with a passphrase', wanted: 'take the passphrase off the key: nobody is there to type it' };
  const found = keys.length > 0 ? `holds a private key that can't be read (${error.message})` : 'holds no private key in PEM';
  return damaged(blocks, found);
}

function readChain(blocks: readonly PemBlock[]): Parsed<readonly X509Certificate[]> {
  const chain: X509Certificate[] = [];
  for (const block of blocks) {
    const read = asCertificate(block);
    if (CHAIN.has(block.label) && read instanceof X509Certificate) chain.push(read);
    else if (!block.whole || CHAIN.has(block.label) || isNoBase64(read))
      return { fault: damaged(blocks, `holds a block '${block.label}' after the certificate that can't be read`) };
  }
  return { value: chain };
}

function asCertificate({ text }: PemBlock): X509Certificate | Error {
  try {
    return new X509Certificate(text.replace(/(?<=^-----(?:BEGIN|END) ).*(?=-----$)/gm, 'CERTIFICATE'));
  } catch (error) {
    return error as Error;
  }
}

/**
 * OpenSSL decodes every block on its way to the next certificate, whatever the block holds, so a block that is not base64 is a fault. An encrypted
 * key under a name that does not say so is one, too.
 */
function isNoBase64(read: X509Certificate | Error): boolean {
  return 'code' in read && read.code === 'ERR_OSSL_PEM_BAD_BASE64_DECODE';
}

function unlike(leaf: X509Certificate, chain: readonly X509Certificate[], key: KeyObject): PemFinding | undefined {
  if (leaf.checkPrivateKey(key)) return undefined;
  return chain.some((one) => one.checkPrivateKey(key))
    ? {
        found: 'has another certificate in front of the one that its private key belongs to',
        wanted: 'put the server’s own certificate first',
      }
    : { found: 'holds a private key of another certificate', wanted: 'put the certificate and the key that it was made for there' };
}

function tooWeak(leaf: X509Certificate, chain: readonly X509Certificate[], key: KeyObject): PemFinding | undefined {
  const why = whyWeak([leaf, ...chain], key);
  if (why === undefined) return undefined;
  return { found: `is not strong enough, or can't be served (${why})`, wanted: 'use RSA of 2048 bits or EC, signed with SHA-256' };
}

function validity(
  { validFrom, validTo }: X509Certificate,
  now: number,
): { readonly remarks: readonly PemFinding[]; readonly until: number } {
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  const wanted = 'renew it: clients do not trust it';
  if (now >= to) return { remarks: [{ found: `has expired at ${iso(to)}`, wanted }], until: Infinity };
  if (now < from)
    return { remarks: [{ found: `is not valid before ${iso(from)}`, wanted: 'look at the clock, or wait until then' }], until: from };
  return { remarks: [], until: to };
}

function iso(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}

/** HAProxy sends the chain in the order of the file. Many clients can follow it only when each certificate signed one before it. */
function outOfOrder(certificates: readonly X509Certificate[]): readonly PemFinding[] {
  const stray = certificates.find((one, i) => i > 0 && !certificates.slice(0, i).some((before) => before.checkIssued(one)));
  if (stray === undefined) return [];
  const found = `has a certificate in its chain that signed none of the certificates before it: ${stray.subject.replaceAll('\n', ', ')}`;
  return [{ found, wanted: 'put the certificate first, then the one that signed it, and so on' }];
}
