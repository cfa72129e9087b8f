/** One of the two apps of a deployment group, as Marathon has it. */
export interface Colour {
  readonly id: string;
  /** `blue` or `green`; empty when the app has no such label. */
  readonly colour: string;
  readonly instances: number;
  /** Whether Marathon carries out a deployment of the app now, during which it refuses changes. */
  readonly deploying: boolean;
  readonly tasks: readonly ColourTask[];
  readonly labels: Readonly<Record<string, string>>;
  /** The later of its last change and its last scaling, in ms since 1970; 0 when Marathon does not say. */
  readonly changedAt: number;
  /** The app as Marathon sent it, for the hook. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** A task of a colour. */
export interface ColourTask {
  readonly id: string;
  /** It runs and, where its app has health checks, has passed them. */
  readonly alive: boolean;
}

/** The app of 0 instances that says who drives the deployment of a group. */
export interface Lock {
  readonly id: string;
  /** Counts the owners: a new owner takes the lock over by making the app with the next number. */
  readonly turn: number;
  readonly owner: string;
  /** Since when the present owner waits for the next step, in ms since 1970. */
  readonly since: number;
  /** When the owner last showed that it lives, as it wrote it. */
  readonly beat: string;
  /** The app whose tasks are to drain, when that is not the older one. */
  readonly leaving: string | undefined;
  /** The app that the deployment makes, and a digest of what it is made from. */
  readonly makes: string | undefined;
}

/** What a person has asked for, beside the run that drives the deployment. */
export type PersonNote = 'pause' | 'abort' | 'promote';

/** What Marathon says about one group. */
export interface Group {
  readonly name: string;
  /** The apps of the group, the one that was deployed first at the front. */
  readonly apps: readonly Colour[];
  readonly locks: readonly Lock[];
  readonly note: PersonNote | undefined;
}

/** What a load balancer knows of a task. */
export interface BalancerServer {
  /** It may get new requests now. */
  readonly serving: boolean;
  /** It gets no new requests, because the other colour's tasks replace it. */
  readonly draining: boolean;
  /** Sessions that are open or wait, over all processes of HAProxy. */
  readonly sessions: number;
  readonly requests: number;
  readonly errors: number;
  /** The mean of the last answers, in milliseconds. */
  readonly answerMs: number;
}

/** What one load balancer says; `why` when it could not be asked. `isOld`: it is a marathon-lb 1.15, which drains by a rule of its own. */
export type Balancer =
  | { readonly name: string; readonly servers: ReadonlyMap<string, BalancerServer>; readonly isOld?: boolean }
  | { readonly name: string; readonly why: string };

/** What becomes of tasks that still have sessions when the wait for them is over. */
export type OnTimeout = 'kill' | 'wait' | 'abort';

/** How the new colour grows: as zdd does (half as much again), by a number, or by shares of its target. */
export type Growth =
  | { readonly by: 'half' }
  | { readonly by: 'number'; readonly number: number }
  | { readonly by: 'shares'; readonly shares: readonly number[] };

/** What the command line says about a deployment. */
export interface DeployPlan {
  readonly growth: Growth;
  /** How long one step may take, in milliseconds. */
  readonly stepMs: number;
  readonly onTimeout: OnTimeout;
  /** `forward`: as the labels of the new app say. `whole`: to its end, even where both were to be kept. `back`: the old app takes all again. */
  readonly direction: 'forward' | 'whole' | 'back';
  /** What the analysis says against the new colour; undefined when nothing. */
  readonly verdict?: string | undefined;
}

/** What is to be done next. One step is done, and then everything is read again. */
export type Step =
  | { readonly do: 'wait'; readonly for: string }
  | { readonly do: 'kill'; readonly app: Colour; readonly tasks: readonly string[]; readonly stays: Colour }
  | { readonly do: 'scale'; readonly app: Colour; readonly instances: number; readonly force: boolean }
  | { readonly do: 'remove'; readonly app: Colour; readonly stays: Colour; readonly force: boolean }
  | { readonly do: 'turn'; readonly leaving: string }
  | { readonly do: 'abort'; readonly why: string }
  /** The run ends and leaves everything as it is; the same command goes on. */
  | { readonly do: 'stop'; readonly why: string; readonly exitCode: number }
  | { readonly do: 'done'; readonly as: 'complete' | 'hybrid' | 'restored' }
  | { readonly do: 'refuse'; readonly why: string };
