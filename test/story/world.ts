import type { News } from '../../src/model/news.ts';
import { appAt, eventAt, goneAt, nginx, readAt, task, type Json } from './cluster.ts';

/** Something that happens in the world, or on the way from it; `pick` and `choice` say to which app, task, event, read. */
export interface Step {
  readonly kind: (typeof STEPS)[number];
  readonly pick: number;
  readonly choice: number;
}

/** What happens often stands here often. */
export const STEPS = [
  ...[
    'create',
    'deploy',
    'scale',
    'break',
    'remove',
    'launch',
    'launch',
    'launch',
    'go on',
    'go on',
    'go on',
    'check',
    'lose',
    'end',
    'end',
  ],
  ...['ask all', 'ask one', 'ask one', 'answer', 'answer', 'tell read', 'tell read', 'tell event', 'tell event', 'tell event', 'apply'],
] as const satisfies readonly string[];

interface WorldTask {
  readonly n: number;
  readonly version: string;
  state: string;
  health: 'alive' | 'failing' | 'dead' | 'unknown';
}

interface WorldApp {
  readonly id: string;
  given: Json;
  version: string;
  changedAt: string;
  checked: boolean;
  broken: boolean;
  tasks: WorldTask[];
}

interface PendingRead {
  readonly sentAt: number;
  readonly id: string | undefined;
  answer: News | undefined;
}

interface PendingEvent {
  readonly published: number;
  readonly app: string;
  readonly tell: (at: number) => News;
  readonly ended: string | undefined;
}

/** What is told, and the task that has ended by it. */
interface Told {
  readonly news: News;
  readonly ended?: string | undefined;
}

const IDS = ['/a', '/b', '/blue', '/green'];
const NEXT: Readonly<Record<string, string>> = {
  TASK_STAGING: 'TASK_STARTING',
  TASK_STARTING: 'TASK_RUNNING',
  TASK_UNREACHABLE: 'TASK_RUNNING',
  TASK_KILLING: 'TASK_KILLED',
};
const ENDED = new Set(['TASK_KILLED', 'TASK_FAILED']);

/**
 * A small cluster that Marathon tells the truth about: an answer is what was true between the asking and the telling; an event is published as
 * its state begins, and comes once, twice, late, out of order or not at all, but not later than two reads of its app, or of everything, that were
 * sent after it.
 */
export class World {
  readonly #apps = new Map<string, WorldApp>();
  readonly #reads: PendingRead[] = [];
  readonly #events: PendingEvent[] = [];
  readonly #toldReads: Pick<PendingRead, 'sentAt' | 'id'>[] = [];
  #now = 1_000;
  #count = 0;

  /** What is told as this happens. */
  step({ kind, pick, choice }: Step): Told | undefined {
    this.#now++;
    const id = at(IDS, pick) ?? '/a';
    const app = this.#apps.get(id) ?? at([...this.#apps.values()], pick);
    switch (kind) {
      case 'ask all':
        this.#reads.push({ sentAt: this.#now, id: undefined, answer: undefined });
        return undefined;
      case 'ask one':
        this.#reads.push({ sentAt: this.#now, id, answer: undefined });
        return undefined;
      case 'answer':
        for (const read of this.#reads.slice(0, 1 + (choice % 2))) read.answer ??= this.#answer(read);
        return undefined;
      case 'tell read':
        return this.#tellRead(pick);
      case 'tell event':
        return this.#tellEvent(pick, choice);
      case 'create':
        if (!this.#apps.has(id)) this.#apps.set(id, this.#made(id, choice));
        return undefined;
      case 'apply':
        return undefined;
      case 'deploy':
      case 'scale':
      case 'break':
      case 'remove':
      case 'launch':
      case 'go on':
      case 'check':
      case 'lose':
      case 'end':
        if (app !== undefined) this.#change(app, { kind, pick, choice });
        return undefined;
    }
  }

  /** The world rests: what is on its way comes or is lost. */
  *rest(): Generator<Told> {
    for (const app of this.#apps.values()) {
      app.broken = false;
      for (const one of app.tasks)
        if (one.state === 'TASK_RUNNING' && one.health === 'unknown') one.health = one.n % 2 === 0 ? 'alive' : 'dead';
    }
    while (this.#reads.length > 0 || this.#events.length > 0) {
      this.#now++;
      for (const read of this.#reads) read.answer ??= this.#answer(read);
      const told = this.#count++ % 2 === 0 ? this.#tellRead(this.#count) : this.#tellEvent(this.#count, 1);
      if (told !== undefined) yield told;
    }
  }

  /** A full read after everything, so many milliseconds later. */
  lastRead(later = 1): News {
    this.#now += later;
    return readAt(this.#now, ...this.#json());
  }

  #made(id: string, choice: number): WorldApp {
    const version = this.#version();
    const app = { id, given: {}, version, changedAt: version, checked: false, broken: false, tasks: [] };
    return Object.assign<WorldApp, Partial<WorldApp>>(app, this.#definition(id, choice));
  }

  #definition(id: string, choice: number): Pick<WorldApp, 'given' | 'checked'> {
    const group = id.startsWith('/blue') || id.startsWith('/green') ? { HAPROXY_DEPLOYMENT_GROUP: 'shop' } : {};
    const labels = { HAPROXY_GROUP: 'external', HAPROXY_0_VHOST: choice % 2 === 0 ? 'x.acme.org' : 'y.acme.org', ...group };
    const container = { portMappings: [{ containerPort: 80, servicePort: 10000 + (choice % 3) }] };
    return { given: { labels, container }, checked: choice % 5 > 2 };
  }

  #version(): string {
    return new Date(1_500_000_000_000 + this.#now).toISOString();
  }

  #change(app: WorldApp, { kind, pick, choice }: Step): void {
    const one = at(app.tasks, choice);
    if (kind === 'deploy') Object.assign(app, this.#definition(app.id, choice), { version: this.#version(), changedAt: this.#version() });
    else if (kind === 'scale') app.version = this.#version();
    else if (kind === 'break') app.broken = choice % 2 === 0;
    else if (kind === 'remove') {
      for (const gone of app.tasks) if (!ENDED.has(gone.state)) this.#enter(app, gone, 'TASK_KILLED');
      this.#apps.delete(app.id);
    } else if (kind === 'launch') {
      const fresh: WorldTask = { n: ++this.#count, version: app.version, state: '', health: 'unknown' };
      app.tasks.push(fresh);
      this.#enter(app, fresh, 'TASK_STAGING');
    } else if (one !== undefined) this.#changeTask(app, one, { kind, pick, choice });
  }

  #changeTask(app: WorldApp, one: WorldTask, { kind, pick }: Step): void {
    const runs = one.state === 'TASK_RUNNING';
    if (ENDED.has(one.state))
      app.tasks = app.tasks.filter((other) => other !== one); // from 1.8 it is listed for a while
    else if (kind === 'go on') this.#enter(app, one, NEXT[one.state] ?? one.state);
    else if (kind === 'check' && runs) one.health = at(['alive', 'alive', 'failing', 'dead'] as const, pick) ?? 'alive';
    else if (kind === 'lose' && runs) this.#enter(app, one, 'TASK_UNREACHABLE');
    else if (kind === 'end') this.#enter(app, one, at(['TASK_KILLING', 'TASK_KILLED', 'TASK_FAILED'], pick) ?? 'TASK_KILLED');
  }

  #enter(app: WorldApp, one: WorldTask, state: string): void {
    one.state = state;
    const json = this.#taskJson(one);
    const ended = ENDED.has(state) ? String(json['id']) : undefined;
    this.#events.push({ published: this.#now, app: app.id, tell: (now) => eventAt(now, state, json, app.id), ended });
  }

  #taskJson({ n, version, state, health }: WorldTask): Json {
    const launched = state === 'TASK_STAGING' || ENDED.has(state) ? { ipAddresses: [] } : {};
    return task(n, { version, state, health, ipAddresses: [{ ipAddress: `192.168.${n >> 8}.${n & 255}` }], ...launched });
  }

  #json(): readonly Json[] {
    return [...this.#apps.values()].map(({ id, given, version, changedAt, checked, broken, tasks }) =>
      nginx(
        tasks.map((one) => this.#taskJson(one)),
        {
          ...given,
          id,
          version,
          versionInfo: { lastConfigChangeAt: changedAt },
          instances: broken ? 'many' : Math.max(1, tasks.length),
          healthChecks: checked ? [{ protocol: 'HTTP', portIndex: 0 }] : [],
        },
      ),
    );
  }

  #answer({ sentAt, id }: PendingRead): News {
    if (id === undefined) return readAt(sentAt, ...this.#json());
    const found = this.#json().find((json) => json['id'] === id);
    return found === undefined ? goneAt(sentAt, id) : appAt(sentAt, found);
  }

  #tellRead(pick: number): Told | undefined {
    const read = at(
      this.#reads.filter(({ answer }) => answer !== undefined),
      pick,
    );
    if (read?.answer === undefined) return undefined;
    this.#reads.splice(this.#reads.indexOf(read), 1);
    this.#toldReads.push(read);
    return { news: { ...read.answer, at: this.#now } };
  }

  #tellEvent(pick: number, choice: number): Told | undefined {
    const event = at(this.#events, pick);
    if (event === undefined) return undefined;
    if (choice % 4 !== 0) this.#events.splice(this.#events.indexOf(event), 1); // else it comes once more
    const isAfter = ({ sentAt, id = event.app }: Pick<PendingRead, 'sentAt' | 'id'>): boolean =>
      sentAt > event.published && id === event.app;
    const isTooLate = this.#toldReads.filter(isAfter).length > 1;
    return choice % 7 === 6 || isTooLate ? undefined : { news: event.tell(this.#now), ended: event.ended };
  }
}

function at<Element>(list: readonly Element[], pick: number): Element | undefined {
  return list[pick % Math.max(1, list.length)];
}
