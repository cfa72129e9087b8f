import type { KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { sentence } from '../lib/sentence.ts';

/** OpenSSL's default security level from 3.2 on, and Debian's before: keys need 112 bits of strength and SHA-1 signatures are refused. */
const CIPHERS = 'DEFAULT@SECLEVEL=2';

/** Signatures over SHA-256 and longer, by the bytes of their name in hexadecimal: RSA [RFC 8017, A.2.4], ECDSA [RFC 5758, 3.2]. */
const STRONG_SIGNATURES = new Set([
  ...['0b', '0c', '0d'].map((end) => `2a864886f70d0101${end}`),
  ...['02', '03', '04'].map((end) => `2a8648ce3d0403${end}`),
]);
const STRONG_CURVES = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

/** Why OpenSSL would not serve a certificate with its chain; undefined when it would. Most are plainly strong, and OpenSSL, which is slow, is not asked. */
export function whyWeak(certificates: readonly X509Certificate[], key: KeyObject): string | undefined {
  if (certificates.every(isPlainlyStrong)) return undefined;
  try {
    const cert = certificates.map(String).join('\n');
    createSecureContext({ cert, key: key.export({ type: 'pkcs8', format: 'pem' }), ca: [], ciphers: CIPHERS });
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** OpenSSL's error text without its numbers. */
export function reasonOf(error: unknown): string {
  return sentence(error).replace(/^error:[0-9A-F]+:[^:]*::/, '');
}

function isPlainlyStrong({ raw, publicKey }: X509Certificate): boolean {
  return isStrongKey(publicKey) && STRONG_SIGNATURES.has(signatureOf(raw));
}

function isStrongKey({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): boolean {
  if (type === 'rsa') return (details?.modulusLength ?? 0) >= 2048;
  return type === 'ec' && STRONG_CURVES.has(details?.namedCurve ?? '');
}

/** The name of the signature's algorithm in a certificate in DER, which is the third value in it [RFC 5280, 4.1]; empty where it is not found. */
function signatureOf(der: Buffer): string {
  const signed = elementAt(der, elementAt(der, 0).start);
  const name = elementAt(der, elementAt(der, signed.end).start);
  return der.toString('hex', name.start, name.end);
}

/** Where the content of a DER element is. */
function elementAt(der: Buffer, at: number): { readonly start: number; readonly end: number } {
  const first = der[at + 1] ?? 0;
  const size = first < 0x80 ? 0 : first & 0x7f;
  if (size > 4 || at + 2 + size > der.length) return { start: der.length, end: der.length };
  const start = at + 2 + size;
  return { start, end: start + (size === 0 ? first : der.readUIntBE(at + 2, size)) };
}
