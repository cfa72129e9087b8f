import { readdir } from 'node:fs/promises';
import { closest } from 'fastest-levenshtein';
import type { CheckReport, Looked } from '../explain/check-report.ts';
import { renderedOfApps } from '../explain/rendered.ts';
import { EXAMPLE_APPS } from '../explain/example-apps.ts';
import { TEMPLATE_NAMES, type TemplateName } from '../haproxy/catalogue.ts';
import { sentence } from '../lib/sentence.ts';
import type { Problem } from '../model/problem.ts';
import type { View } from '../model/view.ts';
import type { Settings } from '../options/options.ts';
import { newsOf } from './app-files.ts';
import { askHaproxy } from './ask-haproxy.ts';
import type { AppCheck } from './check-apps.ts';
import { inOwnFolder, type Checking } from './own-folder.ts';
import { makeView } from './read-view.ts';
import { standInCertificates } from './stand-in-certificates.ts';
import { withPretendedTasks } from '../explain/pretended-tasks.ts';

/** Ways of writing the file that use other templates: each is tried. */
const WAYS: readonly Partial<Settings>[] = [{}, { haproxyMap: false }, { groupHttpsByVhost: true }];

/** The names of the files in a folder of templates. Rejects with a sentence when the folder can't be read. */
export async function readTemplateNames(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: unknown) => {
    throw new Error(`the folder ${folder} can't be read: ${sentence(error)}`, { cause: undefined });
  });
}

/** The report on the templates of a folder, which has these names: each by itself, then whole configurations of example apps. */
export async function checkTemplates(folder: string, names: readonly string[], run: Checking): Promise<AppCheck> {
  const problems: Problem[] = [...names.flatMap(unknownFile)];
  let [haproxy, rendered]: [Looked, string] = [{ looked: false, why: 'nothing was rendered' }, ''];
  for (const way of WAYS) {
    const settings = { ...run.settings, ...way, templatesDir: folder };
    const found = await inOwnFolder({ ...run, settings }, async (own) => {
      const view = await exampleView(own);
      return { view, ...(await askHaproxy(view.document, own)) };
    });
    haproxy = found.looked;
    if (rendered === '') rendered = renderedOfApps(found.view.document);
    problems.push(...found.view.problems.map(asOperators), ...found.problems.map(asOperators));
  }
  const others = [...new Map(problems.map((problem) => [problem.message, problem])).values()];
  const known = names.filter((name) => isTemplate(name)).length;
  const notes = [`${known === 1 ? '1 template' : `${known} templates`} in ${folder}; all others are the default ones`];
  const report: CheckReport = { ok: others.length === 0, haproxy, apps: [], others, notes };
  return { report, rendered };
}

async function exampleView({ settings, env }: Checking): Promise<View> {
  const news = newsOf(EXAMPLE_APPS);
  const pretended = news.kind === 'apps' ? { ...news, apps: withPretendedTasks(news.apps) } : news;
  return makeView({ settings, env }, [pretended], { certificates: await standInCertificates(settings.stateDir) });
}

/** The example apps are fine: what HAProxy has against one of them is the template's fault. */
function asOperators(problem: Problem): Problem {
  return problem.owner.by === 'operator' ? problem : { ...problem, owner: { by: 'operator' }, hint: 'mend the template' };
}

function isTemplate(name: string): boolean {
  return TEMPLATE_NAMES.includes(name.replace(/\.hbs$/, '') as TemplateName);
}

/** A file that has the name of no template is not read. */
function unknownFile(name: string): readonly Problem[] {
  if (isTemplate(name) || !name.startsWith('HAPROXY_')) return [];
  const bare = name.replace(/\.[^.]*$/, '');
  const message = `${name} is the name of no template, so the file is not read`;
  return [
    {
      code: 'template',
      owner: { by: 'operator' },
      message,
      hint: `the nearest one is ${closest(bare, TEMPLATE_NAMES)}; a template has that name, with or without .hbs`,
    },
  ];
}
