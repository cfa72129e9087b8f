import { request as askPlain, type Agent, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as askOverTls } from 'node:https';
import type { TLSSocket } from 'node:tls';

/** One request; a GET when left open. */
export interface Question {
  readonly port: number;
  /** 127.0.0.1 when left out. */
  readonly address?: string;
  readonly host?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly body?: string;
  /** The address it comes from: '127.0.0.2'. */
  readonly from?: string;
  /** Over TLS, with any certificate. */
  readonly tls?: boolean;
  /** The name in the TLS hello, where it is not `host`. */
  readonly sni?: string;
  /** A new connection when left out. */
  readonly agent?: Agent;
  /** How long the client waits while nothing comes, in milliseconds; 5,000 when left out. */
  readonly deadlineMs?: number;
}

export interface Answer {
  /** `200`, or the code of an error: `ECONNRESET`. */
  readonly status: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The common name of the certificate, over TLS. */
  readonly certificate?: string;
}

/** Asks; never rejects. */
export function ask(question: Question): Promise<Answer> {
  const { port, address = '127.0.0.1', host = address, path = '/', headers = {}, method = 'GET', body, from, tls = false } = question;
  const { sni = host, agent, deadlineMs = 5_000 } = question;
  const options = {
    host: address,
    port,
    path,
    method,
    headers: { Host: host, ...headers },
    agent: agent ?? false,
    timeout: deadlineMs,
    ...(from !== undefined && { localAddress: from }),
  } as const;
  return new Promise((resolve) => {
    const take = (response: IncomingMessage): void => void read(response).then(resolve, refuse);
    const refuse = (error: unknown): void => {
      resolve({ status: (error as NodeJS.ErrnoException).code ?? String(error), headers: {}, body: '' });
    };
    const secure = { ...options, agent: false as const, servername: sni, rejectUnauthorized: false };
    const request: ClientRequest = tls ? askOverTls(secure, take) : askPlain(options, take);
    request.on('timeout', () => request.destroy(new Error('no answer in time'))).on('error', refuse);
    request.end(body);
  });
}

async function read(response: IncomingMessage): Promise<Answer> {
  const certificate = commonName(response);
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += String(chunk);
  return { status: String(response.statusCode), headers: response.headers, body, ...(certificate !== undefined && { certificate }) };
}

function commonName({ socket }: IncomingMessage): string | undefined {
  const name = 'getPeerCertificate' in socket ? (socket as TLSSocket).getPeerCertificate().subject.CN : undefined;
  return Array.isArray(name) ? name.join() : name;
}
