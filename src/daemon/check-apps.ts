import type { Definitions } from '../explain/definitions.ts';
import { makeReport, type CheckReport } from '../explain/check-report.ts';
import { withPretendedTasks } from '../explain/pretended-tasks.ts';
import { renderedOfApps } from '../explain/rendered.ts';
import { fileUse, type Certificates } from '../model/certificates.ts';
import type { News } from '../model/news.ts';
import type { View } from '../model/view.ts';
import { newsOf, readAppFile } from './app-files.ts';
import { askHaproxy } from './ask-haproxy.ts';
import { inOwnFolder, type Checking } from './own-folder.ts';
import { makeView } from './read-view.ts';
import { standInCertificates, standInsFor } from './stand-in-certificates.ts';

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
  const byId = new Map(files.flatMap(({ name, apps, pods }) => [...apps, ...pods].map(({ id }) => [String(id), name] as const)));
  const all = files.flatMap(({ apps, pods }) => [...apps, ...pods]);
  const twice = all.length - byId.size;
  const strangers = [
    ...files.flatMap((file) => file.strangers.map((what) => `${file.name}: ${what}`)),
    ...(twice > 0
      ? [`${twice} of the app definitions ${twice === 1 ? 'has' : 'have'} the id of another one; the last one of each counts`]
      : []),
  ];
  const unique = new Map(all.map((app) => [String(app['id']), app]));
  return inOwnFolder(run, async (own) => {
    const { view, missing } = await viewOf(newsOf([...unique.values()]), own);
    const { looked: haproxy, problems: refused } = await askHaproxy(view.document, own);
    const notes = missing.map((file) => `the file ${fileUse(file).path} is not on this machine, so it was not looked into`);
    const report = makeReport({ view, refused, haproxy, files: byId, notes, groups: own.settings.group, strangers });
    return { report, rendered: renderedOfApps(view.document) };
  });
}

/** The view of apps with a task each. */
async function viewOf(news: News, { settings, env }: Checking): Promise<{ readonly view: View; readonly missing: readonly string[] }> {
  const pretended = news.kind === 'apps' ? { ...news, apps: withPretendedTasks(news.apps) } : news;
  const tell = (known: Certificates): Promise<View> => makeView({ settings, env }, [pretended], { certificates: known });
  const certificates = await standInCertificates(settings.stateDir);
  const first = await tell(certificates);
  if (first.certificates.length === 0) return { view: first, missing: [] };
  const { missing, ...named } = await standInsFor(first.certificates, certificates, settings.stateDir);
  return { view: await tell(named), missing };
}
