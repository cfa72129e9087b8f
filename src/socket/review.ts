import { withPlaces } from '../lib/lists.ts';
import type { BackendSection, Document, Running, ServerException } from '../model/document.ts';
import type { DoubtfulParts, Review } from '../model/haproxy.ts';
import { MapReader, withMaps } from './map-state.ts';
import { doubtsIn, readBack, showMap, type ReadingBack } from './read-back.ts';
import { addRows, StatesReader, type ServerRow } from './server-rows.ts';
import { compareBackend, strayOf, type ReportedServers } from './servers-state.ts';
import { strayNames } from './strays.ts';
import type { Runtime } from './worker.ts';

/** The worker that is looked at, and what waits for it. */
export interface ReviewParts {
  readonly runtime: Runtime;
  readonly mapFolder: string;
  /** Runs work on HAProxy one at a time. */
  readonly inTurn: <Result>(work: () => Promise<Result>) => Promise<Result>;
  /** Waits for a HAProxy that somebody else reloads. */
  readonly ready?: () => Promise<unknown>;
}

/** Makes a Review. Only the first question of `doubts`, which worker answers, waits for its turn. */
export function makeReview({ runtime, mapFolder, inTurn, ready }: ReviewParts): Review {
  return {
    doubts: async (document) => {
      await ready?.();
      const worker = await inTurn(() => runtime.known());
      const read: ReadingBack['read'] = (questions) => runtime.readInParts(questions, worker);
      return doubtsIn(document, await readBack(document, { mapFolder, read }));
    },
    settle: (running, doubts) => inTurn(() => settle(running, doubts, { mapFolder, read: (questions) => runtime.readInParts(questions) })),
  };
}

async function settle(running: Running, { backends, maps }: DoubtfulParts, { mapFolder, read }: ReadingBack): Promise<Running> {
  const servers = new Map<string, Map<string, ServerRow>>();
  const reader = () =>
    new StatesReader((rows, states) => {
      addRows(servers, rows, states);
    });
  const states = new Map(Array.from(backends, (backend) => [backend, reader()] as const));
  const shown = new Map(Array.from(maps, (file) => [file, new MapReader(running.document.maps[file])]));
  await read([
    ...Array.from(states, ([backend, one]) => ({
      command: `show servers state ${backend}`,
      take: (line: string) => {
        one.line(line);
      },
    })),
    ...Array.from(shown, ([file, one]) => ({
      command: showMap(mapFolder, file),
      take: (line: string) => {
        one.line(line);
      },
    })),
  ]);
  for (const one of states.values()) one.end({ orNone: true });
  const there = [...states].flatMap(([backend, { isUsable }]) => (isUsable ? [backend] : []));
  const document = withMaps(running.document, new Map(Array.from(shown, ([file, one]) => [file, one.end()])));
  return settled({ ...running, document }, backends, { servers, asWritten: new Set(), backends: new Set(there) });
}

/** What HAProxy runs, with these backends as they were read back. */
function settled(running: Running, doubtful: DoubtfulParts['backends'], reported: ReportedServers): Running {
  const found: ServerException[] = [];
  const lost = new Map(running.lost);
  const compared = (sections: readonly BackendSection[]): readonly BackendSection[] => {
    const others = sections.flatMap((before, place): [number, BackendSection][] => {
      if (!doubtful.has(before.backend)) return [];
      const { section, exceptions, lost: why } = compareBackend(before, reported);
      found.push(...exceptions);
      if (why !== undefined && !lost.has(section.backend)) lost.set(section.backend, why);
      return [[place, section]];
    });
    return withPlaces(sections, new Map(others));
  };
  const document = withSections(running.document, compared);
  const strays = new Map(running.strays);
  for (const name of strayNames(reported.backends, running.document)) {
    if (strays.has(name)) continue;
    const stray = strayOf(name, reported.servers.get(name));
    strays.set(name, stray?.section);
    found.push(...(stray?.exceptions ?? []));
  }
  return { document, exceptions: merged(running.exceptions, doubtful, found), lost, ...(strays.size > 0 && { strays }) };
}

function withSections(document: Document, compared: (sections: readonly BackendSection[]) => readonly BackendSection[]): Document {
  const [backends, spares] = [compared(document.backends), document.spares && compared(document.spares)];
  if (backends === document.backends && spares === document.spares) return document;
  return { ...document, backends, ...(spares && { spares }) };
}

/**
 * The exceptions with those of doubtful backends as they were found. What is known of one stays: its line, and that it waits for its first check, in
 * which time HAProxy has it in maintenance as one that was stopped.
 */
function merged(
  known: Running['exceptions'],
  doubtful: DoubtfulParts['backends'],
  found: readonly ServerException[],
): Running['exceptions'] {
  const next = new Map([...known].filter(([, { backend }]) => !doubtful.has(backend)));
  for (const one of found) {
    const key = `${one.backend}/${one.server}`;
    const before = known.get(key);
    const isSame = before?.stage === one.stage || (one.stage === 'stopped' && isWaiting(before));
    next.set(key, before === undefined ? one : isSame ? before : { ...one, line: before.line });
  }
  return next;
}

function isWaiting(one: ServerException | undefined): boolean {
  return one?.stage === 'checking' || one?.stage === 'passed';
}
