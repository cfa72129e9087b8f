import type { Release } from '../../../src/model/release.ts';
import { APPS, appOfAddress, hostsOf, type Estate, type Wish } from './estate.ts';
import { FakeDaemon, SETTLE_MS, type Machine } from './fake-daemon.ts';
import { FakeDisk } from './fake-disk.ts';
import { FakeHaproxy, type ReloadFault } from './fake-haproxy.ts';
import type { FakeWorker } from './fake-worker.ts';
import { backendOf, type Asked } from './routes.ts';
import { Turns } from './turns.ts';

/** One event of a history. */
export type Act =
  | { readonly kind: 'want'; readonly app: string; readonly wish: Wish | undefined }
  | { readonly kind: 'turns'; readonly which: readonly number[] }
  | { readonly kind: 'pass' | 'calm'; readonly ms: number }
  | { readonly kind: 'trouble'; readonly trouble: Trouble }
  | { readonly kind: Event };

/** What goes wrong next: how a reload ends, after how many commands the connection breaks or waits for a turn. */
export type Trouble = { readonly reload: ReloadFault } | { readonly cutAfter: number } | { readonly stopAfter: number };

/** What happens to HAProxy or a daemon, without more to say. */
export type Event =
  | 'checks pass'
  | 'look'
  | 'a check refuses'
  | 'HAProxy is killed'
  | 'the daemon is killed'
  | 'a reload by hand'
  | 'a reload by somebody else';

/** The machine of a history. */
export interface HistorySettings extends Pick<Machine, 'spares' | 'maps'> {
  readonly release: Release;
}

const LAST: Wish = { tasks: [1], isChecked: false, balance: 'roundrobin', hosts: 1 };

/** A history of one machine: what is wanted, and what goes wrong meanwhile. */
export class History {
  readonly turns = new Turns();
  readonly disk = new FakeDisk(this.turns);
  readonly haproxy: FakeHaproxy;
  /** What happened, in words. */
  readonly told: string[] = [];
  readonly #settings: HistorySettings;
  #daemon: FakeDaemon;
  #estate: Estate = {};
  #daemons = 0;

  constructor(settings: HistorySettings) {
    this.#settings = settings;
    this.haproxy = new FakeHaproxy(this.turns, () => this.disk.files, settings.release);
    this.#daemon = this.#start();
  }

  /** The daemon that runs now. */
  get daemon(): FakeDaemon {
    return this.#daemon;
  }

  async act(act: Act): Promise<void> {
    this.told.push(`# ${JSON.stringify(act)}`);
    if (act.kind === 'want') this.#want({ ...this.#estate, [act.app]: act.wish });
    else if (act.kind === 'pass') await this.turns.pass(act.ms);
    else if (act.kind === 'calm') await this.turns.calm(act.ms);
    else if (act.kind === 'trouble') this.#trouble(act.trouble);
    else if (act.kind !== 'turns') await this.#happen(act.kind);
    else for (const which of act.which) if (await this.turns.step(which)) this.#look();
    await this.turns.flush();
    this.#look();
  }

  /** Nothing goes wrong any more, one more change is wanted, and everything comes to rest. */
  async rest(): Promise<void> {
    this.told.push('# rest');
    [this.haproxy.cut, this.haproxy.stop, this.haproxy.fault, this.disk.refusals] = [undefined, undefined, undefined, 0];
    const { ant } = this.#estate;
    this.#want({ ...this.#estate, ant: ant?.tasks[0] === 1 ? { ...LAST, tasks: [2] } : LAST });
    for (const ms of [60_000, 60_000, 2 * SETTLE_MS, 60_000]) {
      await this.turns.calm(ms);
      this.haproxy.serving?.check();
      this.#daemon.look();
      await this.turns.calm(ms);
      this.#look();
    }
  }

  #want(estate: Readonly<Record<string, Wish | undefined>>): void {
    this.#estate = estate;
    this.#daemon.want(estate);
  }

  #trouble(trouble: Trouble): void {
    if ('reload' in trouble) this.haproxy.fault = trouble.reload;
    else if ('cutAfter' in trouble) this.haproxy.cut = trouble.cutAfter;
    else this.haproxy.stop = trouble.stopAfter;
  }

  async #happen(event: Event): Promise<void> {
    if (event === 'checks pass') this.haproxy.serving?.check();
    else if (event === 'look') this.#daemon.look();
    else if (event === 'a check refuses') this.disk.refusals = 1;
    else if (event === 'HAProxy is killed') this.haproxy.kill();
    else if (event === 'a reload by hand') this.#daemon.drive.reloadAsItIs();
    else if (event === 'a reload by somebody else') this.haproxy.loadByOthers();
    else {
      await this.turns.flush();
      this.turns.end(this.#owner);
      this.#daemon = this.#start();
    }
  }

  get #owner(): string {
    return `daemon ${this.#daemons}`;
  }

  #start(): FakeDaemon {
    this.#daemons++;
    const { spares, maps } = this.#settings;
    const tell = (what: string): number => this.told.push(what);
    const daemon = new FakeDaemon({ turns: this.turns, disk: this.disk, haproxy: this.haproxy, spares, maps, tell }, this.#owner);
    daemon.want(this.#estate);
    return daemon;
  }

  /** Throws when a request for one app can reach a server of a different app. */
  #look(): void {
    const { serving } = this.haproxy;
    if (serving === undefined) return;
    for (const app of APPS) {
      for (const host of hostsOf(app)) {
        requireOwn(serving, app, { frontend: 'marathon_http_in', host });
        requireOwn(serving, app, { frontend: 'marathon_https_in', host });
      }
      requireOwn(serving, app, { frontend: 'marathon_http_appid_in', appId: `/${app}` });
    }
  }
}

function requireOwn(worker: FakeWorker, app: string, asked: Asked): void {
  const backend = backendOf(worker, asked);
  for (const { address, admin } of worker.servers.get(backend ?? '')?.values() ?? []) {
    const of = appOfAddress(address);
    if (admin !== 'maint' && of !== app) throw new Error(`a request for ${JSON.stringify(asked)} reaches ${address} of ${of ?? 'nobody'}`);
  }
}
