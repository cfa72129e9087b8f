import { generate } from 'selfsigned';
import { machineTime } from '../lib/clock.ts';
import { sentence } from '../lib/sentence.ts';

/** Makes certificate and key as one PEM text, as HAProxy's `crt` reads it, valid for ten years. Loaded only when one is made. */
export async function makeSelfSigned(): Promise<string> {
  try {
    const tenYears = new Date(machineTime() + 3650 * 86_400_000);
    const { cert, private: key } = await generate([{ name: 'commonName', value: '*' }], {
      keySize: 2048,
      algorithm: 'sha256',
      notAfterDate: tenYears,
    });
    return `${cert.trim()}\n${key.trim()}\n`;
  } catch (error) {
    throw new Error(`a self-signed certificate could not be made: ${sentence(error)}`, { cause: error });
  }
}
