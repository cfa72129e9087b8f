import { hash } from 'node:crypto';
import type { AppId, TaskId } from '../../model/names.ts';

/** In characters. */
export const LONGEST_LABEL = 63;
export const LONGEST_NAME = 253;

/**
 * A name as one label, as Mesos-DNS makes it by RFC 1123: lower case, with '-' for '.' and '_', without all that is no letter, digit or '-',
 * nor a '-' at its ends; what that leaves free of the 63 characters is filled from behind. Empty where nothing is left.
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

/** As DC/OS makes it: the same, but nothing is filled in from behind [mesos_state: label]. */
export function dcosLabel(text: string): string {
  return withoutDashesBehind(withoutDashesBefore(lettersOf(text)).slice(0, LONGEST_LABEL));
}

/** A framework's name as labels of its own: 'marathon.prod' stays two, 'dev/marathon' is 'devmarathon' [Mesos-DNS: DomainFrag]. */
export function frameworkName(framework: string): string {
  return joined(...framework.split('.').map(mesosLabel));
}

/** Labels and names as one name; empty ones are left out. */
export function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('.');
}

/** What Marathon calls the tasks of an app for others to discover: '/a/b' is 'b.a' [marathon: PathId.toHostname]. */
export function taskName(app: AppId): string {
  return app.slice(1).split('/').reverse().join('.');
}

const ALPHABET = 'ybndrfg8ejkmcpqxot1uwisza345h769';

/** Five characters that tell a task from its likes: of zbase32, five bits each, of the sha1 of its id [Mesos-DNS]. */
export function taskHash(task: TaskId): string {
  const bits = hash('sha1', task, 'buffer').readUInt32BE() >>> 7;
  return [20, 15, 10, 5, 0].map((shift) => ALPHABET.charAt((bits >>> shift) & 31)).join('');
}

/** What Mesos-DNS calls an agent: 's1' for '7b2d…-S1'. */
export function agentTail(agent: string): string {
  return mesosLabel(agent.slice(agent.lastIndexOf('-') + 1)).slice(0, 20); // numbers, in truth: it leaves room for the task's name
}

/** A name of one task: its own mark behind the last label, which is cut where both are longer than a label. */
export function marked(name: string, mark: string): string {
  const room = LONGEST_LABEL - mark.length;
  const last = name.length - name.lastIndexOf('.') - 1;
  return (last > room ? name.slice(0, room - last) : name) + mark;
}

/** A name, and all that are above it as far as the zone: 'a.b.mesos', 'b.mesos'. */
export function upwards(name: string, zone: string): readonly string[] {
  const names: string[] = [];
  for (let at = 0; at < name.length - zone.length; at = name.indexOf('.', at) + 1) names.push(name.slice(at));
  return names;
}

/** Whether a name is in a zone: its top, or below it. */
export function isIn(name: string, zone: string): boolean {
  return name.endsWith(zone) && (name.length === zone.length || name.charAt(name.length - zone.length - 1) === '.');
}

/** What DNS can't have about a name, in a sentence without its period; undefined when all is well. */
export function faultOf(name: string): string | undefined {
  if (name.length > LONGEST_NAME) return `it has ${name.length} characters, and a name has ${LONGEST_NAME} at most`;
  const labels = name.split('.');
  const long = labels.find((label) => label.length > LONGEST_LABEL);
  if (long !== undefined) return `its part ${long} has ${long.length} characters, and a part has ${LONGEST_LABEL} at most`;
  const odd = labels.find((label) => !/^[a-z0-9_-]+$/.test(label));
  return odd === undefined ? undefined : `its part '${odd}' is not made of letters, digits and '-'`;
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
