import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { selectCertificates } from '../certificates/choose.ts';
import { nameFile } from '../certificates/name-file.ts';
import { judgeNamed } from '../certificates/judge-named.ts';
import type { Definitions } from '../explain/definitions.ts';
import { makeReport, type CheckReport } from '../explain/check-report.ts';
import { withPretendedTasks } from '../explain/pretended.ts';
import { renderedOfApps } from '../explain/rendered.ts';
import { fileUse, type Certificates, type FileKeyword, type NamedFile } from '../model/certificates.ts';
import type { News } from '../model/news.ts';
import type { View } from '../model/view.ts';
import { newsOf, readAppFile } from './app-files.ts';
import { askHaproxy } from './ask-haproxy.ts';
import { makeView } from './read-view.ts';
import type { Run } from './surroundings.ts';

/** What a check is given: the flags of a load balancer, and nothing of one that runs. */
export type Checking = Pick<Run, 'settings' | 'env' | 'signal'>;

/** A report, and what would be rendered for the apps. */
export interface AppCheck {
  readonly report: CheckReport;
  readonly rendered: string;
}

/** A file with what it holds. */
type AppFile = Definitions & { readonly name: string };

/** The app definitions of files. Rejects with a sentence for a file that can't be read, or where nothing is in them. */
export async function readAppFiles(names: readonly string[]): Promise<readonly AppFile[]> {
  const files = await Promise.all(names.map(async (name) => ({ name, ...(await readAppFile(name)) })));
  const isEmpty = files.every(({ apps, pods, strangers }) => apps.length + pods.length + strangers.length === 0);
  if (isEmpty) throw new Error(`there is no app definition in ${names.join(', ')}`);
  return files;
}

/** The report on the app definitions of files. */
export async function checkApps(files: readonly AppFile[], run: Checking): Promise<AppCheck> {
  const byId = new Map(files.flatMap(({ name, apps }) => apps.map(({ id }) => [String(id), name] as const)));
  const all = files.flatMap(({ apps }) => apps);
  const pods = files.flatMap((file) => file.pods.map((pod) => `the pod ${pod} is not checked: pods are not served yet`));
  const twice = all.length - byId.size;
  const strangers = [
    ...files.flatMap((file) => file.strangers.map((what) => `${file.name}: ${what}`)),
    ...(twice > 0 ? [`${twice} of the app definitions have an id that another one has; the last one of each counts`] : []),
  ];
  const unique = new Map(all.map((app) => [String(app['id']), app]));
  return inOwnFolder(run, async (own) => {
    const { view, missing } = await viewOf(newsOf([...unique.values()]), own);
    const { looked: haproxy, problems: refused } = await askHaproxy(view.document, own);
    const notes = [...pods, ...missing.map((file) => `the file ${fileUse(file).path} is not on this machine, so it was not looked into`)];
    return { report: makeReport({ view, refused, haproxy, files: byId, notes, strangers }), rendered: renderedOfApps(view.document) };
  });
}

/** Does something with settings whose files are in a folder of its own, which is removed afterwards. */
export async function inOwnFolder<Result>(run: Checking, work: (own: Checking) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(path.join(tmpdir(), 'marathon-lb-ts-check-'));
  const files = { haproxyConfig: path.join(folder, 'haproxy.cfg'), stateDir: path.join(folder, 'state'), runDir: path.join(folder, 'run') };
  try {
    return await work({ ...run, settings: { ...run.settings, ...files, dry: true } });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The view of apps with a task each. The certificates of the shared https frontend are not the app team's: a self-signed one stands for them. */
async function viewOf(news: News, { settings, env }: Checking): Promise<{ readonly view: View; readonly missing: readonly string[] }> {
  const pretended = news.kind === 'apps' ? { ...news, apps: withPretendedTasks(news.apps) } : news;
  const { files, contents } = await selectCertificates(new Map(), settings.stateDir);
  const certificates: Certificates = { files, contents, problems: [], named: [] };
  const tell = (known: Certificates): Promise<View> =>
    makeView(
      { settings, env },
      (told) => {
        told(pretended);
        return Promise.resolve();
      },
      known,
    );
  const first = await tell(certificates);
  if (first.certificates.length === 0) return { view: first, missing: [] };
  const named = await Promise.all(first.certificates.map((file) => lookInto(file, { stateDir: settings.stateDir, shared: files })));
  const missing = named.flatMap(({ isMissing, file }) => (isMissing ? [file] : []));
  return { view: await tell({ ...certificates, named, areJudged: true }), missing };
}

interface Instead {
  readonly stateDir: string;
  readonly shared: readonly string[];
}

/** A named file that is missing is assumed to be on the load balancer's machine. A file of ours takes its place where we have one of that kind. */
async function lookInto(name: string, { stateDir, shared }: Instead): Promise<NamedFile & { readonly isMissing: boolean }> {
  const { keyword, path: file } = fileUse(name);
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (isThere) return { ...(await nameFile(name, await judgeNamed(name), { stateDir, shared })), isMissing: false };
  const serves = STANDS_FOR.includes(keyword) ? shared : [];
  return { file: name, serves, fingerprint: undefined, faults: [], isMissing: true };
}

/** What a file with a certificate and its key can stand for; a port with another file that is missing is not rendered. */
const STANDS_FOR: readonly FileKeyword[] = ['crt', 'ca-file', 'ca-verify-file', 'ca-sign-file'];
