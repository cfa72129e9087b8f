import type { Respond } from './respond.ts';

/** Told of each query: its type ('A', 'other'), the code of the reply ('NOERROR', 'none' where there is none), and how long the reply took. */
export type ReplyMeter = (type: string, result: string, seconds: number) => void;

const HEADER = 12;
const TYPES: ReadonlyMap<number, string> = new Map([
  [1, 'A'],
  [2, 'NS'],
  [5, 'CNAME'],
  [6, 'SOA'],
  [12, 'PTR'],
  [15, 'MX'],
  [16, 'TXT'],
  [28, 'AAAA'],
  [33, 'SRV'],
  [255, 'ANY'],
]);
const RESULTS: readonly string[] = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

/** The same answers, told to a meter. */
export function measured(respond: Respond, tell: ReplyMeter): Respond {
  return (packet, transport) => {
    const start = performance.now();
    const told = (reply: Buffer | undefined): Buffer | undefined => {
      tell(typeOf(packet), resultOf(reply), (performance.now() - start) / 1000);
      return reply;
    };
    const reply = respond(packet, transport);
    if (!(reply instanceof Promise)) return told(reply);
    return reply.then((late) => {
      told(late);
      return late;
    });
  };
}

/** Of the first question; the packet may be anything. */
function typeOf(packet: Buffer): string {
  let at = HEADER;
  for (let length = packet[at]; length !== undefined && length !== 0 && length < 64; length = packet[at]) at += 1 + length;
  return packet.length < at + 3 || packet[at] !== 0 ? 'other' : (TYPES.get(packet.readUInt16BE(at + 1)) ?? 'other');
}

function resultOf(reply: Buffer | undefined): string {
  if (reply === undefined || reply.length < HEADER) return 'none';
  return RESULTS[(reply[3] as number) & 15] ?? 'other';
}
