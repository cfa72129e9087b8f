import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { TEMPLATE_NAMES, type TemplateName } from '../haproxy/catalogue.ts';
import { makeTemplates, type TemplateRules, type TemplateText, type Templates } from '../haproxy/templates.ts';
import type { Environment } from '../lib/environment.ts';
import { withLineEnds } from '../lib/line-ends.ts';
import { sentence } from '../lib/sentence.ts';

const DEFAULTS = fileURLToPath(new URL('../../templates/', import.meta.url));

/**
 * Loads the default templates and the operator's templates that replace them. The variable HAPROXY_<NAME> in the environment wins over a file of that
 * name. A file that can't be read is a Problem, and the default template stays in force.
 */
export async function loadTemplates(folder: string, env: Environment, rules: TemplateRules = {}): Promise<Templates> {
  const defaults = await Promise.all(
    TEMPLATE_NAMES.map(async (name): Promise<[TemplateName, string]> => [name, await readFile(path.join(DEFAULTS, `${name}.hbs`), 'utf8')]),
  );
  const own = new Map<TemplateName, TemplateText>();
  const files = new Set(await readdir(folder).catch(() => []));
  for (const name of TEMPLATE_NAMES) {
    const text = env[name];
    const file = [`${name}.hbs`, name].find((candidate) => files.has(candidate));
    if (text !== undefined) own.set(name, { text: withLineEnds(text), language: 'marathon-lb', from: `the variable ${name}` });
    else if (file !== undefined && path.resolve(folder) !== path.resolve(DEFAULTS)) {
      own.set(name, await readTemplate(path.join(folder, file)));
    }
  }
  return makeTemplates(new Map(defaults), own, rules);
}

async function readTemplate(from: string): Promise<TemplateText> {
  const language = from.endsWith('.hbs') ? 'handlebars' : 'marathon-lb';
  try {
    return { text: await readFile(from, 'utf8'), language, from };
  } catch (error) {
    return { text: '', language, from, unread: sentence(error) };
  }
}
