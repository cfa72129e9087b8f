import type { ServerException, BackendSection, Command, Fragment, Reason } from '../model/document.ts';
import type { BackendName, ServerName } from '../model/names.ts';
import type { Release } from '../model/release.ts';
import { makeAddition } from './add-server.ts';
import { lazily } from '../lib/lazily.ts';
import {
  addServer,
  enableHealth,
  enableServer,
  reason,
  setMaxconn,
  setState,
  setWeight,
  type ServerCommand,
  type ServerOf,
} from './runtime-commands.ts';
import { isSameSection } from '../haproxy/same-sections.ts';
import { changeOf, isChecked, isDisabled, readServerLine, valueOf, type LineChange, type ServerLine } from '../haproxy/server-line.ts';
import { serversInText, type Traits } from '../haproxy/backend-traits.ts';

/** One backend, as HAProxy has it and as it is wanted. */
export interface BackendPair {
  readonly before: BackendSection;
  readonly after: BackendSection;
  /** Its servers that are in a different state than their line says, or that have no line. */
  readonly exceptions: ReadonlyMap<ServerName, ServerException>;
  /** The version of HAProxy; undefined when it takes no commands. */
  readonly release: Release | undefined;
  /** The traits of the backend as HAProxy runs it. */
  readonly traits: () => Traits;
}

/** How to change the servers of one backend: commands, and reasons for a reload. */
export interface ServerPlan {
  readonly commands: readonly Command[];
  readonly reload: readonly Reason[];
}

/** How to change one server. All `up` commands are sent before all `down` commands, so that the backend always has a server. */
interface ServerStep {
  readonly up?: readonly Command[];
  readonly down?: readonly Command[];
  readonly reload?: Reason;
  /**
   * What the server does after the commands: it serves, waits for its first check, is drained because its task is being killed, or is put in
   * maintenance because a task of the other colour replaces it.
   */
  readonly then?: 'serves' | 'checking' | 'drains' | 'yields';
}

/**
 * Plans the changes of a backend's servers. A new server with a health check is enabled by a later plan, when its check has passed. Until then, a server
 * that it replaces in a deployment of two colours goes on serving: so many serve at every moment as before. If no other server serves, a new server is
 * enabled at once, because an unchecked server is better than none.
 */
export function planServers(pair: BackendPair): ServerPlan {
  const steps = withHeld([...arrivals(pair), ...departures(pair)]);
  const isOut = !steps.some(({ step }) => step.then === 'serves');
  const waiting = isOut ? steps.filter(({ step }) => step.then === 'checking') : [];
  const ups = steps.flatMap(({ step }) => step.up ?? []);
  const isLast = isOut && waiting.length === 0; // then a server whose task is being killed is not drained: it may still answer
  const downs = steps.flatMap(({ step }) => (isLast && step.then === 'drains' ? [] : (step.down ?? [])));
  return {
    commands: [...ups, ...waiting.map(({ of }) => enableServer(of)), ...downs],
    reload: steps.flatMap(({ step }) => (step.reload === undefined ? [] : [step.reload])),
  };
}

interface StepOfServer {
  readonly of: ServerOf;
  readonly step: ServerStep;
}

/** The steps, without putting in maintenance the servers whose replacement waits for its first check; the last ones are held. */
function withHeld(ways: readonly StepOfServer[]): readonly StepOfServer[] {
  const checking = ways.filter(({ step }) => step.then === 'checking').length;
  const yielding = ways.filter(({ step }) => step.then === 'yields');
  const held = new Set(checking === 0 ? [] : yielding.slice(-checking));
  return held.size === 0
    ? ways
    : ways.map((way) => (held.has(way) ? { of: way.of, step: { ...way.step, down: [], then: 'serves' } } : way));
}

/** The steps for the servers that are wanted. */
function arrivals(pair: BackendPair): readonly StepOfServer[] {
  const { before, after, exceptions } = pair;
  const known = { takenIds: lazily(() => idsOf(pair)), inText: lazily(() => serversInText(before)) };
  const ways: StepOfServer[] = [];
  for (const [server, line] of after.servers) {
    const of = { backend: after.backend, server, line };
    const had = before.servers.get(server) ?? exceptions.get(server)?.line;
    ways.push({ of, step: had === undefined ? added(pair, of, known) : kept(pair, of, had) });
  }
  return ways;
}

/** Returns the server ids of a backend that are written in its lines. Ids that HAProxy chose itself are not known; it refuses a duplicate. */
function idsOf({ before, exceptions }: BackendPair): Set<string> {
  const lines = [...before.servers.values(), ...Array.from(exceptions.values(), ({ line }) => line)];
  return new Set(lines.flatMap(({ text }) => /\sid\s+(\d+)/.exec(text)?.[1] ?? []));
}

/** What must be known about a backend's other servers when a server is added. */
interface OtherServers {
  readonly takenIds: () => Set<string>;
  readonly inText: () => ReadonlySet<string>;
}

function added({ release, traits }: BackendPair, of: ServerOf, { takenIds, inText }: OtherServers): ServerStep {
  const { backend, server } = of;
  const why = (text: string): ServerStep => ({ reload: reason('server-added', backend, `${server}: ${text}`) });
  if (release === undefined) return { reload: reason('server-added', backend, server) };
  const { noAddition } = traits();
  if (noAddition !== undefined) return why(noAddition);
  const line = readServerLine(of.line.text);
  if (line === undefined) return why('its template has more lines than the server line');
  if (inText().has(server)) return why("the backend's own text has a server of this name");
  const addition = makeAddition({ backend, line, release, takenIds: takenIds() });
  if ('why' in addition) return why(addition.why);
  const id = valueOf(line, 'id');
  if (id !== undefined) takenIds().add(id);
  if (isDisabled(line)) return { up: [addServer(addition.text, of, 'as-written')] };
  const add = addServer(addition.text, of, 'stopped');
  if (isChecked(line)) return { up: [add, enableHealth(of, 'server-added')], then: 'checking' };
  return { up: [add, enableServer(of, 'server-added')], then: 'serves' };
}

/** The step for a server that HAProxy already has, with the line `had`. */
function kept(pair: BackendPair, of: ServerOf, had: Fragment): ServerStep {
  const change = changeOf(had.text, of.line.text);
  const aside = pair.exceptions.get(of.server);
  if (change.kind === 'none' && aside === undefined) return isDisabled(wordsOf(of.line)) ? {} : { then: 'serves' };
  const doubt = doubtOf(pair, of, change);
  if (doubt === undefined) return settled(of, change, aside);
  const serves = aside === undefined && !isDisabled(wordsOf(had));
  return { reload: reason('server-changed', of.backend, `${of.server}: ${doubt}`), ...(serves && { then: 'serves' }) };
}

/** Returns why a changed line needs a reload; undefined when commands can make the change. */
function doubtOf({ before, traits }: BackendPair, { server }: ServerOf, change: LineChange): string | undefined {
  if (change.kind === 'other') return change.difference;
  if (change.kind !== 'weight') return undefined;
  const { isDynamic, noAddition } = traits();
  if (!isDynamic || noAddition !== undefined) return `weight ${change.weight}, which HAProxy reads only from its file in this backend`;
  return before.servers.has(server) ? undefined : `now with 'weight ${change.weight}'`;
}

/** The step for a server whose line differs only in what commands can change. */
function settled(of: ServerOf, change: LineChange, aside: ServerException | undefined): ServerStep {
  const line = wordsOf(of.line);
  const ready = (isChecking: boolean): readonly Command[] => [
    ...(isChecking && isChecked(line) ? [enableHealth(of, 'server-ready')] : []), // a server that was added as disabled has never been checked
    setState('ready', { ...of, code: 'server-ready', then: 'as-written' }),
  ];
  const then = aside?.stage ?? 'as-written';
  const tune = tuned(change, { ...of, code: 'server-changed', then });
  if (isDisabled(line)) {
    const isOut = aside === undefined && change.kind !== 'disabled';
    if (isOut) return { up: tune };
    const down = [setState('maint', { ...of, code: 'server-changed', then: 'as-written' })];
    return { up: tune, down, ...(aside === undefined && { then: 'yields' }) };
  }
  if (change.kind === 'enabled') return { up: ready(true), then: 'serves' };
  switch (then) {
    case 'as-written':
      return { up: tune, then: 'serves' };
    case 'checking':
      return { up: tune, then: 'checking' };
    case 'passed':
      return { up: [...tune, enableServer(of)], then: 'serves' };
    case 'draining':
      return { up: [...tune, ...ready(false)], then: 'serves' };
    case 'stopped':
      return { up: [...tune, ...ready(true)], then: 'serves' };
  }
}

/** The command that changes a number of a server: its weight, or how many connections it gets. */
function tuned(change: LineChange, of: ServerCommand): readonly Command[] {
  if (change.kind === 'weight') return [setWeight(change.weight, of)];
  return change.kind === 'maxconn' ? [setMaxconn(change.most, of)] : [];
}

/** Reads the line of a server in a document. A text with more than a server line gives a line without words. */
function wordsOf(line: Fragment): ServerLine {
  return readServerLine(line.text) ?? { name: '', address: '', words: [], special: true };
}

/** The steps for servers that are not wanted. They are drained while their task is being killed, then stopped; `planDeletions` deletes them. */
function departures({ before, after, exceptions, release }: BackendPair): readonly StepOfServer[] {
  const inText = lazily(() => (isSameSection(before, after) ? new Set<string>() : serversInText(after)));
  const ways: StepOfServer[] = [];
  const gone = new Map([...before.servers, ...Array.from(exceptions.values(), ({ server, line }) => [server, line] as const)]);
  for (const [server, line] of gone) {
    if (after.servers.has(server) || inText().has(server)) continue;
    const of: ServerOf = { backend: after.backend, server, line };
    if (release !== undefined && readServerLine(line.text) === undefined) {
      ways.push({
        of,
        step: { reload: reason('server-gone', after.backend, `${server}: its template has more lines than the server line`) },
      });
      continue;
    }
    const isLeaving = after.leaving.has(server) && !isOut(wordsOf(line), exceptions.get(server));
    const isThere = isLeaving ? exceptions.get(server)?.stage === 'draining' : exceptions.get(server)?.stage === 'stopped';
    if (isThere && !before.servers.has(server)) continue;
    ways.push({ of, step: isLeaving ? { down: [drained(of)], then: 'drains' } : { down: [stopServer(of)] } });
  }
  return ways;
}

function isOut(line: ServerLine, aside: ServerException | undefined): boolean {
  return isDisabled(line) || (aside !== undefined && aside.stage !== 'draining');
}

function drained(of: ServerOf): Command {
  return setState('drain', { ...of, code: 'server-draining', then: 'draining' });
}

/** The command that puts a server in maintenance, to be deleted later. */
export function stopServer(of: ServerOf): Command {
  return setState('maint', { ...of, code: 'server-gone', then: 'stopped' });
}

/** Whether HAProxy knows the backend and the servers by the names in the document, because a template may write different names. */
export function isNamedAsWritten(section: BackendSection, backend: BackendName, some: Iterable<ServerName>): boolean {
  if (section.name !== `backend ${backend}`) return false;
  for (const server of some) {
    const line = section.servers.get(server);
    if (line !== undefined && readServerLine(line.text)?.name !== server) return false;
  }
  return true;
}
