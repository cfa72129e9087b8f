import { Command, InvalidArgumentError, Option } from 'commander';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Definitions } from '../explain/definitions.ts';
import { makeLogger } from '../lib/logger.ts';
import { defaultSettings, type Settings } from '../options/options.ts';
import { sentence } from '../lib/sentence.ts';
import { UsageError } from '../lib/usage-error.ts';
import { withSignals } from './signals.ts';

interface DemoFlags {
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly appIdPort: number;
  readonly statsPort: number;
  readonly marathonPort: number;
  readonly servicePort: number;
  readonly containerPort: number;
  readonly dnsPort: number;
  readonly every: number;
  readonly app: readonly string[];
  readonly pod: boolean;
  readonly haproxyBin: string;
}

const ADDRESS = '127.0.0.1';

/** Adds `marathon-lb-ts demo` to the program. */
export function addDemo(program: Command): Command {
  const demo = program
    .command('demo')
    .description(
      "run Calico's tutorial live: an embedded Marathon, real backends on 127.x addresses, this daemon and HAProxy; Ctrl-C ends everything",
    )
    .allowExcessArguments(false);
  const port = (flag: string, fallback: number, help: string): Option =>
    new Option(`${flag} <port>`, help).default(fallback).argParser(readNumber(65_535));
  demo
    .addOption(port('--http-port', 8080, 'port of the shared http frontend'))
    .addOption(port('--https-port', 8443, 'port of the shared https frontend'))
    .addOption(port('--app-id-port', 9091, 'port of the frontend that routes by the header X-Marathon-App-Id'))
    .addOption(port('--stats-port', 9090, 'port of the statistics page'))
    .addOption(port('--service-port', 10_000, "the demo app's service port"))
    .addOption(port('--marathon-port', 8081, 'port of the embedded Marathon'))
    .addOption(port('--dns-port', 8053, 'port that answers DNS for the tasks, over UDP and TCP'))
    .addOption(port('--container-port', 80, 'port of the backends, which have addresses of their own'))
    .addOption(new Option('--every <seconds>', 'time between two steps of the story').default(15).argParser(readNumber(3600)))
    .addOption(
      new Option('--app <files...>', 'app and pod definitions to run instead of the tutorial, as `check` reads them').default([], 'none'),
    )
    .addOption(new Option('--pod', 'a pod beside the apps of the tutorial').default(false))
    .addOption(new Option('--haproxy-bin <file>', 'the HAProxy program').default('haproxy'))
    .action(() => run(demo.opts()));
  return program;
}

function readNumber(most: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    if (number < 1 || number > most) throw new InvalidArgumentError(`Wanted: a whole number from 1 to ${most}.`);
    return number;
  };
}

async function run(flags: DemoFlags): Promise<void> {
  const [{ runDemo }, { daemon }, { deployInDemo }] = await Promise.all([
    import('../demo/demo.ts'),
    import('../daemon/daemon.ts'),
    import('./demo-deployment.ts'),
  ]);
  const own = { ...(await readOwn(flags.app)), pod: flags.pod };
  const folder = await mkdtemp(path.join(tmpdir(), 'marathon-lb-ts-demo-'));
  const [log, teller] = [await makeLogger({ level: 'info', format: 'text', fd: process.stdout.fd }), makeTeller()];
  const { httpPort: http, httpsPort: https, appIdPort: appId, statsPort: stats, dnsPort: dns } = flags;
  try {
    await withSignals(({ signal }) =>
      runDemo({
        address: ADDRESS,
        ports: { http, https, appId, stats, dns, marathon: flags.marathonPort, service: flags.servicePort, container: flags.containerPort },
        everyMs: flags.every * 1000,
        ...own,
        ...calledBy(folder),
        say: teller.say,
        signal,
        deploy: deployInDemo,
        daemon: ({ marathon, ready, signal: until }) => {
          const settings = settingsOf(flags, marathon, folder);
          return daemon(
            { settings, env: { PATH: process.env['PATH'] }, log, signal: until, haproxyEnds: () => 'at once' },
            async (running) => {
              const { ok, text } = await running.resync('the demo begins');
              if (until.aborted) return;
              if (!ok) throw new Error(text);
              teller.begin(running.admin.hub);
              ready();
            },
          );
        },
      }),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The app and pod definitions of files; what can't be read is wrong use. */
async function readOwn(names: readonly string[]): Promise<Pick<Definitions, 'apps' | 'pods'>> {
  if (names.length === 0) return { apps: [], pods: [] };
  const { readAppFiles } = await import('../daemon/check-apps.ts');
  const files = await readAppFiles(names).catch((error: unknown) => {
    throw new UsageError(sentence(error));
  });
  const own = { apps: files.flatMap((file) => file.apps), pods: files.flatMap((file) => file.pods) };
  if (own.apps.length + own.pods.length === 0) throw new UsageError(`there is no app and no pod in ${names.join(', ')}`);
  return own;
}

/** Tells the story here and, once the daemon runs, on its page. */
interface Teller {
  readonly say: (sentence: string) => void;
  /** From now on the page is told too, and at once what was said before. */
  readonly begin: (page: Page) => void;
}

interface Page {
  readonly publish: (happening: { readonly event: 'story'; readonly data: unknown }) => void;
}

function makeTeller(): Teller {
  let [before, page] = [[] as readonly unknown[], undefined as Page | undefined];
  return {
    say: (text) => {
      process.stdout.write(`\n>> ${text}\n`);
      const data = { at: new Date().toISOString(), text };
      before = [...before, data];
      page?.publish({ event: 'story', data });
    },
    begin: (given) => {
      page = given;
      for (const data of before) page.publish({ event: 'story', data });
    },
  };
}

/** How a person asks the daemon of the demo. Under `npm start` the program is not on the path. */
function calledBy(folder: string): { readonly command: string; readonly runDir: string } {
  const isByNpm = process.env['npm_lifecycle_event'] !== undefined;
  return { command: isByNpm ? 'npx marathon-lb-ts' : 'marathon-lb-ts', runDir: runDirOf(folder) };
}

function runDirOf(folder: string): string {
  return path.join(folder, 'run');
}

function settingsOf(flags: DemoFlags, marathon: string, folder: string): Settings {
  const { httpPort, httpsPort, appIdPort, statsPort, dnsPort, haproxyBin } = flags;
  return {
    ...defaultSettings(),
    marathon: [marathon],
    group: [flags.app.length > 0 ? '*' : 'external'],
    haproxyConfig: path.join(folder, 'haproxy.cfg'),
    runDir: runDirOf(folder),
    stateDir: path.join(folder, 'state'),
    templatesDir: path.join(folder, 'templates'),
    sslCerts: [],
    bindAddress: ADDRESS,
    httpPort,
    httpsPort,
    appIdPort,
    statsPort,
    dnsListen: [{ address: ADDRESS, port: dnsPort }],
    haproxyBin,
  };
}
