import type { Forward } from '../answers/respond.ts';
import { readQuery, type Query } from '../answers/packet.ts';

/** A question that is asked of an upstream now, and all who wait for its answer. */
type Pending = Map<string, Promise<Buffer | undefined>>;

/** Asks a question for somebody; undefined when nobody has answered. */
export type AskQuestion = (query: Query, transport: 'udp' | 'tcp') => Promise<Buffer | undefined>;

/**
 * Asks equal questions once: whoever asks while an answer is awaited gets that answer, with the id and the letters of the own question. So nobody
 * can have the same question in flight many times, and guess the id of one of them (the birthday attack on DNS).
 */
export function makeSharedQuestions(ask: AskQuestion): Forward {
  const pending: Pending = new Map();
  return async (packet, transport) => {
    const query = readQuery(packet);
    if (query === undefined || typeof query === 'string') return undefined;
    const key = keyOf(query, transport);
    const reply = pending.get(key) ?? ask(query, transport).finally(() => pending.delete(key));
    pending.set(key, reply);
    return withQuestion(await reply, query);
  };
}

/** All that the query to the upstream is made of, so that equal keys are equal queries. */
function keyOf({ asked, flags, edns }: Query, transport: string): string {
  return `${transport} ${flags} ${edns === undefined ? 'plain' : String(edns.dnssec)} ${foldedQuestion(asked)}`;
}

/** A question as it is on the wire, with the letters of its name in lower case, as DNS compares them: those of ASCII alone. */
export function foldedQuestion(bytes: Buffer): string {
  const name = bytes.toString('latin1', 0, bytes.length - 4).replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  return name + bytes.toString('latin1', bytes.length - 4); // type and class are numbers
}

/** The upstream's answer repeats the letters that were sent to it. */
function withQuestion(reply: Buffer | undefined, { id, asked }: Query): Buffer | undefined {
  if (reply === undefined) return undefined;
  const own = Buffer.from(reply);
  own.writeUInt16BE(id, 0);
  asked.copy(own, 12);
  return own;
}
