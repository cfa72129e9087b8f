import { drive, type Drive } from '../../../src/drive/drive.ts';
import type { DriveDependencies } from '../../../src/drive/dependencies.ts';
import { makeRenderer } from '../../../src/haproxy/document.ts';
import { readDocument } from '../../../src/haproxy/read-document.ts';
import type { Ask } from '../../../src/lib/runs.ts';
import type { Document } from '../../../src/model/document.ts';
import { applyAnswers } from '../../../src/plan/apply-answers.ts';
import { makePlan } from '../../../src/plan/plan.ts';
import { planDeletions } from '../../../src/plan/plan-deletions.ts';
import { settings, templatesWith } from '../../haproxy/make.ts';
import { makeServices, type Estate } from './estate.ts';
import type { FakeDisk } from './fake-disk.ts';
import type { FakeHaproxy } from './fake-haproxy.ts';
import { reach, type Reached } from './fake-reached.ts';
import { FOLDER } from './fake-worker.ts';
import type { Turns } from './turns.ts';

/** The machine on which daemons run one after the other. */
export interface Machine {
  readonly turns: Turns;
  readonly disk: FakeDisk;
  readonly haproxy: FakeHaproxy;
  /** How many spare backends each class has. */
  readonly spares: number;
  /** Whether virtual hosts are looked up in maps. */
  readonly maps: boolean;
  /** Notes what happened, for whoever reads a history that ended wrong. */
  readonly tell: (what: string) => void;
}

/** Spare backends serve a port for so long before a reload, in milliseconds. */
export const SETTLE_MS = 600_000;
const QUIET_MS = 200;
const AGAIN_MS = 1_000;
const TEMPLATES = templatesWith();

/** A daemon, from its start until it is killed. */
export class FakeDaemon {
  readonly drive: Drive;
  /** The document that is wanted. */
  wanted: Document | undefined;
  readonly #machine: Machine;
  readonly #reached: Reached;
  readonly #render: ReturnType<typeof makeRenderer>;
  readonly #servicesOf = makeServices();

  constructor(machine: Machine, owner: string) {
    this.#machine = machine;
    this.#render = makeRenderer(TEMPLATES, settings({ spareBackends: machine.spares, maps: machine.maps }));
    this.#reached = reach(machine, owner);
    this.drive = drive(dependenciesOf(machine, owner, this.#reached));
    void this.drive.begin();
  }

  want(estate: Estate): void {
    this.wanted = this.#render(this.#servicesOf(estate), this.#machine.haproxy.release).document;
    this.drive.want(this.wanted);
  }

  /** Looks whether HAProxy runs, and whether its worker is the one that is known. */
  look(): void {
    const { serving, isLoading } = this.#machine.haproxy;
    if (isLoading) return;
    if (serving === undefined) this.drive.lost();
    else if (![undefined, serving.pid].includes(this.#reached.pid())) this.drive.doubt();
  }
}

function dependenciesOf({ turns, disk, tell }: Machine, owner: string, { haproxy, applied, revive, serveAtOnce }: Reached) {
  const ended = new WeakSet<Document>(); // documents at whose reload HAProxy ended
  const parts: DriveDependencies = {
    ...{ haproxy, applied, revive, ...(serveAtOnce && { serveAtOnce }) },
    ...{ plan: makePlan({ mapFolder: FOLDER }), applyAnswers, planDeletions, readDocument },
    ...{ files: disk.by(owner), settleMs: SETTLE_MS },
    later: (ms, work) => {
      turns.later(owner, ms, work);
    },
    quiet: (work) => lane(work, turns, owner),
    refused: (refusal, candidate) => {
      tell('error' in refusal ? String(refusal.error) : refusal.lines.join());
      const isAgain = ended.has(candidate);
      if ('error' in refusal && refusal.hasEnded) ended.add(candidate);
      return Promise.resolve(isAgain && ended.has(candidate) && 'error' in refusal ? 'never' : 'later');
    },
    reloaded: (reasons) => {
      tell(`reloaded: ${reasons.map(({ code, subject }) => `${code} ${subject}`).join()}`);
    },
    commanded: (commands, answers) => {
      tell(commands.map(({ text }, i) => `${text}${answers[i]?.taken === true ? '' : ` refused: ${answers[i]?.answer ?? ''}`}`).join('; '));
    },
    troubled: (error) => {
      tell(String(error));
    },
    ...{ accepted: nothing, serves: nothing, ended: nothing },
    signal: new AbortController().signal,
    now: () => turns.now,
  };
  return parts;
}

function nothing(): void {
  // nobody is told
}

/** The slow lane: a moment after it is asked for, and again a while after it failed. */
function lane(work: () => Promise<void>, turns: Turns, owner: string): Ask {
  let [asks, isBusy] = [0, false];
  const soon = (ms: number): void => {
    turns.later(owner, ms, run);
  };
  const run = (): void => {
    const now = asks;
    const ended = (): void => {
      if (asks > now) soon(QUIET_MS);
      else isBusy = false;
    };
    work().then(ended, () => {
      soon(AGAIN_MS);
    });
  };
  return (how) => {
    asks++;
    if (isBusy) return;
    isBusy = true;
    soon(how === 'at-once' ? 0 : QUIET_MS);
  };
}
