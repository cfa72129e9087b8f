import { createPrivateKey, createPublicKey, X509Certificate, type KeyExportOptions } from 'node:crypto';
import { makeAuthority, makeParts } from './pem.ts';

/** A text that may stand behind `crt`, and what is said of it. */
export interface Sample {
  readonly name: string;
  readonly text: string | Buffer;
  /** What is found, when it can't be used. */
  readonly fault?: RegExp;
  readonly remark?: RegExp;
  /** Whether HAProxy takes it depends on its version: 2.6 leaves out the rest of a chain that is damaged, 3.2 takes SHA-1. */
  readonly versionsDiffer?: true;
}

type Row = readonly [name: string, text: string | Buffer, expected?: Omit<Sample, 'name' | 'text'>];

const DAY = 86_400_000;
const DAMAGED: Omit<Sample, 'name' | 'text'> = { fault: /can't be read|is cut off/, versionsDiffer: true };

/** From Node 22 on its OpenSSL takes SHA-1, which Debian 12's refuses: then HAProxy decides. */
const REFUSES_SHA1 = Number.parseInt(process.versions.node, 10) < 22;

/** Texts of every kind that was met, good and bad. */
export async function makeSamples(): Promise<readonly Sample[]> {
  const ec = { keyType: 'ec' } as const;
  const [own, other, elliptic, root] = await Promise.all([
    makeParts('a.org'),
    makeParts('b.org'),
    makeParts('e.org', ec),
    makeAuthority('root'),
  ]);
  const weakRoot = await makeAuthority('weak', { keySize: 1024 });
  const dates = (from: number, to: number) => ({ ...ec, notBeforeDate: at(from), notAfterDate: at(to) });
  const [expired, early, leaf, sha1, underWeak, short] = await Promise.all([
    makeParts('old.org', dates(-20, -10)),
    makeParts('new.org', dates(10, 20)),
    makeParts('leaf.org', root.signs),
    makeParts('sha1.org', { ...root.signs, algorithm: 'sha1' }),
    makeParts('under-weak.org', weakRoot.signs),
    makeParts('short.org', { keySize: 1024 }),
  ]);
  const join = ({ certificate, key }: typeof own, chain = ''): string => certificate + chain + key;
  const rows: readonly Row[] = [
    ...forms(own.certificate, own.key),
    ...faults(own, other),
    ['EC', join(elliptic)],
    ['EC with parameters in front of the key', `${elliptic.certificate}${block('EC PARAMETERS', 'BggqhkjOPQMBBw==')}${elliptic.key}`],
    ['EC with a key of RSA', elliptic.certificate + own.key, { fault: /private key of another certificate/ }],
    ['a chain', join(leaf, root.certificate)],
    ['a chain behind the key', join(leaf) + root.certificate],
    ['a chain without its beginning', join(leaf)],
    ['a chain the wrong way round', root.certificate + join(leaf), { fault: /another certificate in front/ }],
    ['a chain of another', join(leaf, other.certificate), { remark: /signed none of the certificates before it: CN=b.org/ }],
    ['a chain that is cut', join(leaf) + root.certificate.slice(0, 400), DAMAGED],
    ['a chain that is no base64', join(leaf, root.certificate.replace(/^MII/m, '!!!')), DAMAGED],
    ['a chain that is no certificate', join(leaf, root.certificate.replace(/^MII/m, 'AAA')), { fault: /can't be read/ }],
    ['expired', join(expired), { remark: /has expired at \d{4}-/ }],
    ['not yet valid', join(early), { remark: /is not valid before \d{4}-/ }],
    ['a short key', join(short), { fault: /not strong enough.*key too small/ }],
    [
      'signed with SHA-1',
      join(sha1, root.certificate),
      { ...(REFUSES_SHA1 && { fault: /not strong enough.*md too weak/ }), versionsDiffer: true },
    ],
    ['signed by a short key', join(underWeak, weakRoot.certificate), { fault: /not strong enough.*key too small/ }],
  ];
  return rows.map(([name, text, expected]) => ({ name, text, ...expected }));
}

function at(days: number): Date {
  return new Date(Date.now() + days * DAY);
}

function block(label: string, body: string): string {
  return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
}

/** The same certificate and key, written in all ways that OpenSSL reads. */
function forms(certificate: string, key: string): readonly Row[] {
  const pem = certificate + key;
  const pkcs1 = createPrivateKey(key).export({ type: 'pkcs1', format: 'pem' });
  const inOneLine = pem.replace(/(BEGIN [^\n]*\n)([^-]*)/g, (_, begin: string, body: string) => `${begin}${body.replaceAll('\n', '')}\n`);
  return [
    ['certificate and key', pem],
    ['key and certificate', key + certificate],
    ['a key of PKCS#1', `${certificate}${pkcs1.toString()}`],
    ['CRLF', pem.replaceAll('\n', '\r\n')],
    ['blanks at the line ends', pem.replaceAll('\n', '  \n')],
    ['no line end at the end', pem.trimEnd()],
    ['a byte order mark', `\ufeff${pem}`],
    ['empty lines between', `\n${certificate}\n\n${key}\n`],
    ['an empty line behind BEGIN', pem.replace(/(-----BEGIN .*)\n/g, '$1\n\n')],
    ['text between', `subject=/CN=a.org\n${certificate}anything\n${key}the end\n`],
    ['a NUL between', `${certificate}\0\n${key}`],
    ['base64 in one line', inOneLine],
    ['base64 that is indented', pem.replace(/^(?=[A-Za-z0-9])/gm, '  ')],
    ['the certificate twice', certificate + pem, { remark: /signed none/ }],
    ['a trusted certificate', pem.replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE')],
    ['an old name', pem.replaceAll('CERTIFICATE', 'X509 CERTIFICATE')],
    ['a request in front', block('CERTIFICATE REQUEST', 'AAAA') + pem],
    ['a public key between', `${certificate}${createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()}${key}`],
    ['an unknown block between', `${certificate}${block('ANYTHING', 'AAAA')}${key}`],
    ['DH parameters that are none', pem + block('DH PARAMETERS', 'AAAA')],
    ['a block that is no base64 at the end', pem + block('DH PARAMETERS', '!!!!'), DAMAGED],
    ['a block without end at the end', `${pem}-----BEGIN ANYTHING-----\nAAAA\n`, DAMAGED],
  ];
}

function faults({ certificate, key }: Pair, other: Pair): readonly Row[] {
  const pem = certificate + key;
  const encrypted = (options: KeyExportOptions<'pem'>): string =>
    createPrivateKey(key)
      .export({ ...options, cipher: 'aes-256-cbc', passphrase: 'secret' })
      .toString();
  const [pkcs8, pkcs1] = [encrypted({ type: 'pkcs8', format: 'pem' }), encrypted({ type: 'pkcs1', format: 'pem' })];
  const rows: readonly (readonly [name: string, text: string | Buffer, fault: RegExp])[] = [
    ['nothing', '', /^is empty$/],
    ['empty lines', ' \n\n', /^is empty$/],
    ['any text', 'file:///etc/cert.pem\n', /holds no certificate in PEM/],
    ['no certificate', key, /holds no certificate in PEM/],
    ['PKCS#7', block('PKCS7', 'AAAA') + key, /holds no certificate in PEM/],
    ['DER', new X509Certificate(certificate).raw, /is not text; it may be DER/],
    ['UTF-16', Buffer.from(`\ufeff${pem}`, 'utf16le'), /UTF-16/],
    ['\\n as two characters', pem.replaceAll('\n', '\\n'), /has \\n as two characters/],
    ['CR alone', pem.replaceAll('\n', '\r'), /has a lone CR/],
    ['indented lines', pem.replace(/^/gm, '  '), /something in front of '-----BEGIN CERTIFICATE/],
    ['quotes around', `"${pem}"`, /something in front of '-----BEGIN CERTIFICATE/],
    ['lines joined by blanks', pem.replaceAll('\n', ' '), /has its lines joined/],
    ['lines joined', pem.replaceAll('\n', ''), /has its lines joined/],
    ['the lines of a key joined behind it', certificate + key.trim().replaceAll('\n', ' '), /can't be read|is cut off|no private key/],
    ['no line end between', certificate.trimEnd() + key, /no line end between/],
    ['a certificate that is cut', certificate.slice(0, 400), /is cut off: a block 'CERTIFICATE'/],
    ['a certificate that is cut, then a key', `${certificate.slice(0, 400)}\n${key}`, /is cut off: a block 'CERTIFICATE'/],
    ['a key, then a certificate that is cut', key + certificate.slice(0, -200), /is cut off: a block 'CERTIFICATE'/],
    ['a key that is cut', pem.slice(0, -200), /is cut off: a block 'PRIVATE KEY'/],
    ['another END', pem.replace('END CERTIFICATE', 'END X509 CERTIFICATE'), /is cut off/],
    ['text within', certificate.replace(/(?<=.{64}\n.{64}\n)/, '# comment\n') + key, /certificate that can't be read \(bad base64/],
    ['a certificate that is no base64', pem.replace(/^MII/m, '!!!'), /certificate that can't be read/],
    ['a certificate that is none', pem.replace(/^MII/m, 'AAA'), /certificate that can't be read/],
    ['a key that is none', certificate + key.replace(/^MII/m, 'AAA'), /private key that can't be read/],
    ['no key', certificate, /holds no private key in PEM/],
    ['the key of another', certificate + other.key, /private key of another certificate/],
    ['the key of another first', certificate + other.key + key, /private key of another certificate/],
    ['another certificate first', other.certificate + pem, /another certificate in front/],
    ['a key with a passphrase', certificate + pkcs8, /with a passphrase/],
    ['an old key with a passphrase', certificate + pkcs1, /with a passphrase/],
    ['a key with a passphrase, then without', certificate + pkcs8 + key, /with a passphrase/],
  ];
  const taken: readonly Row[] = [
    ['the key of another behind', pem + other.key],
    ['a key with a passphrase behind', pem + pkcs8],
    ['a key that is none in front', key.replace(/^MII/m, 'AAA') + pem],
  ];
  return [...rows.map(([name, text, fault]): Row => [name, text, { fault }]), ...taken];
}

interface Pair {
  readonly certificate: string;
  readonly key: string;
}
