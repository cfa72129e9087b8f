import type { Forward } from '../answers/respond.ts';
import { readQuery, type Query } from '../answers/packet.ts';

/** The questions being asked of an upstream now, each with the answer that all its askers wait for. */
type Pending = Map<string, Promise<Buffer | undefined>>;

/** Asks one question; undefined when no upstream answered. */
export type AskQuestion = (query: Query, transport: 'udp' | 'tcp') => Promise<Buffer | undefined>;

/**
 * Sends equal questions once. Whoever asks while an equal question is in flight gets the same answer, with its own id and its own case of letters. An
 * attacker therefore can't have the same question in flight many times and guess one of the ids (the birthday attack on DNS).
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

/** A key made of everything that the query to the upstream is made of: equal keys mean equal queries. */
function keyOf({ asked, flags, edns }: Query, transport: string): string {
  return `${transport} ${flags} ${edns === undefined ? 'plain' : String(edns.dnssec)} ${foldedQuestion(asked)}`;
}

/** A question as bytes on the wire, with the ASCII letters of its name in lower case. DNS compares names in this way. */
export function foldedQuestion(bytes: Buffer): string {
  const name = bytes.toString('latin1', 0, bytes.length - 4).replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  return name + bytes.toString('latin1', bytes.length - 4); // type and class are numbers and stay unchanged
}

/** Gives the upstream's answer the id and the letters of the client's query. */
function withQuestion(reply: Buffer | undefined, { id, asked }: Query): Buffer | undefined {
  if (reply === undefined) return undefined;
  const own = Buffer.from(reply);
  own.writeUInt16BE(id, 0);
  asked.copy(own, 12);
  return own;
}
