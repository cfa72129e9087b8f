import { get as getPlain, type Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import { get as getOverTls } from 'node:https';

/** One GET. */
export interface Question {
  readonly port: number;
  /** 127.0.0.1 when left out. */
  readonly address?: string;
  readonly host?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Over TLS, with any certificate. */
  readonly tls?: boolean;
  /** A new connection when left out. */
  readonly agent?: Agent;
}

export interface Answer {
  /** `200`, or the code of an error: `ECONNRESET`. */
  readonly status: string;
  readonly body: string;
}

const DEADLINE_MS = 5_000;

/** Asks; never rejects. */
export function ask({
  port,
  address = '127.0.0.1',
  host = address,
  path = '/',
  headers = {},
  tls = false,
  agent,
}: Question): Promise<Answer> {
  const options = {
    host: address,
    port,
    path,
    headers: { Host: host, ...headers },
    agent: agent ?? false,
    timeout: DEADLINE_MS,
  } as const;
  return new Promise((resolve) => {
    const take = (response: IncomingMessage): void => void read(response).then(resolve, refuse);
    const refuse = (error: unknown): void => {
      resolve({ status: (error as NodeJS.ErrnoException).code ?? String(error), body: '' });
    };
    const secure = { ...options, agent: false as const, servername: host, rejectUnauthorized: false };
    const request: ClientRequest = tls ? getOverTls(secure, take) : getPlain(options, take);
    request.on('timeout', () => request.destroy(new Error('no answer in time'))).on('error', refuse);
  });
}

async function read(response: IncomingMessage): Promise<Answer> {
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += String(chunk);
  return { status: String(response.statusCode), body };
}
