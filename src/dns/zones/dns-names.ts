import { hash } from 'node:crypto';
import type { AppId, TaskId } from '../../model/names.ts';

/** The longest label of a name, in characters (RFC 1035, section 2.3.4). */
export const LONGEST_LABEL = 63;
/** The longest name with its dots, in characters: 255 bytes on the wire (RFC 1035, section 2.3.4). */
export const LONGEST_NAME = 253;

/**
 * A name as one label, as Mesos-DNS makes it by RFC 1123: lower case; '.' and '_' become '-'; other characters than letters, digits and '-' are
 * removed; no '-' at either end; at most 63 characters, where the space of a removed '-' at the cut is filled with the characters after it. Empty
 * when nothing is left.
 */
export function mesosLabel(text: string): string {
  let label = withoutDashesBefore(lettersOf(text));
  while (label.length > LONGEST_LABEL) {
    const head = withoutDashesBehind(label.slice(0, LONGEST_LABEL));
    const rest = withoutDashesBefore(label.slice(LONGEST_LABEL));
    if (head.length === LONGEST_LABEL || rest === '') return head;
    label = head + rest;
  }
  return withoutDashesBehind(label);
}

/** A name as one label, as DC/OS makes it: like `mesosLabel`, but cut at 63 characters without filling up (dcos-net's mesos_state: label). */
export function dcosLabel(text: string): string {
  return withoutDashesBehind(withoutDashesBefore(lettersOf(text)).slice(0, LONGEST_LABEL));
}

/** A framework's name as labels: 'marathon.prod' stays two labels, 'dev/marathon' becomes 'devmarathon' (Mesos-DNS: DomainFrag). */
export function frameworkName(framework: string): string {
  return joined(...framework.split('.').map(mesosLabel));
}

/** Joins labels and names with dots; empty parts are left out. */
export function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('.');
}

/** The name under which Marathon publishes an app's tasks for discovery: 'b.a' for '/a/b' (Marathon: PathId.toHostname). */
export function taskName(app: AppId): string {
  return app.slice(1).split('/').reverse().join('.');
}

const ALPHABET = 'ybndrfg8ejkmcpqxot1uwisza345h769';

/** Five characters that distinguish a task: the first 25 bits of the SHA-1 of its id, in zbase32 (Mesos-DNS). */
export function taskHash(task: TaskId): string {
  const bits = hash('sha1', task, 'buffer').readUInt32BE() >>> 7;
  return [20, 15, 10, 5, 0].map((shift) => ALPHABET.charAt((bits >>> shift) & 31)).join('');
}

/** What Mesos-DNS calls an agent: 's1' for the agent id '7b2d…-S1'. */
export function agentTail(agent: string): string {
  return mesosLabel(agent.slice(agent.lastIndexOf('-') + 1)).slice(0, 20); // in practice a short number; the cut leaves room for the task's name
}

/** The name that only one task has: its mark is appended to the last label, which is shortened when both together exceed 63 characters. */
export function marked(name: string, mark: string): string {
  const room = LONGEST_LABEL - mark.length;
  const last = name.length - name.lastIndexOf('.') - 1;
  return (last > room ? name.slice(0, room - last) : name) + mark;
}

/** The name and all names above it, up to but not including the zone: 'a.b.mesos' gives 'a.b.mesos' and 'b.mesos'. */
export function upwards(name: string, zone: string): readonly string[] {
  const names: string[] = [];
  for (let at = 0; at < name.length - zone.length; at = name.indexOf('.', at) + 1) names.push(name.slice(at));
  return names;
}

/** Whether a name lies in a zone: it is the zone's top, or below it. */
export function isIn(name: string, zone: string): boolean {
  return name.endsWith(zone) && (name.length === zone.length || name.charAt(name.length - zone.length - 1) === '.');
}

/** Why DNS does not allow a name, as a sentence without its period; undefined when it does. */
export function faultOf(name: string): string | undefined {
  if (name.length > LONGEST_NAME) return `it has ${name.length} characters, and a name may have at most ${LONGEST_NAME}`;
  const labels = name.split('.');
  const long = labels.find((label) => label.length > LONGEST_LABEL);
  if (long !== undefined) return `its part ${long} has ${long.length} characters, and a part may have at most ${LONGEST_LABEL}`;
  const odd = labels.find((label) => !/^[a-z0-9_-]+$/.test(label));
  return odd === undefined ? undefined : `its part '${odd}' has other characters than letters, digits and '-'`;
}

function lettersOf(text: string): string {
  return text
    .replace(/[._]/g, '-')
    .replace(/[^a-zA-Z0-9-]/g, '')
    .toLowerCase();
}

function withoutDashesBefore(text: string): string {
  return text.replace(/^-+/, '');
}

function withoutDashesBehind(text: string): string {
  let end = text.length;
  while (text.charAt(end - 1) === '-') end--;
  return text.slice(0, end);
}
