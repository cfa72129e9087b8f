import { generate } from 'selfsigned';

type Options = NonNullable<Parameters<typeof generate>[1]>;

/** A certificate and its key, each as PEM text. */
export interface Parts {
  readonly certificate: string;
  readonly key: string;
}

export async function makeParts(name: string, options: Options = {}): Promise<Parts> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], { keySize: 2048, algorithm: 'sha256', ...options });
  return { certificate: tidy(cert), key: tidy(key) };
}

/** A certificate and its key, as PEM text. */
export async function makePem(name: string, options: Options = {}): Promise<string> {
  const { certificate, key } = await makeParts(name, options);
  return certificate + key;
}

/** One that may sign others, and what `makeParts` takes to have it do so. */
export async function makeAuthority(name: string, options: Options = {}): Promise<Parts & { readonly signs: Options }> {
  const parts = await makeParts(name, { ...options, extensions: [{ name: 'basicConstraints', cA: true }] });
  return { ...parts, signs: { ca: { cert: parts.certificate, key: parts.key } } };
}

function tidy(pem: string): string {
  return `${pem.trim()}\n`.replaceAll('\r', '');
}
