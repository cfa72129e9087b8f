import { OPTIONS } from '../options/options.ts';
import type { OptionRow, HelpSection } from '../options/row.ts';

/** Returns the reference of all flags of the daemon as Markdown, made from their table. `marathon-lb-ts flags` prints it; docs/flags.md holds it. */
export function makeFlagReference(): string {
  const rows = Object.values(OPTIONS) as readonly OptionRow<unknown>[];
  const sections = [...new Set(rows.map(({ section }) => section))];
  return [
    '# Flags',
    '',
    'Made by `marathon-lb-ts flags`. A flag can be given by its environment variable instead, where it has one; the command line comes first. The flags of',
    'the commands (`explain`, `check`, `deploy` …) are listed by `marathon-lb-ts COMMAND --help`.',
    '',
    ...sections.flatMap((section) => tableOf(section, rows)),
  ].join('\n');
}

function tableOf(section: HelpSection, rows: readonly OptionRow<unknown>[]): readonly string[] {
  const own = rows.filter((row) => row.section === section);
  return [
    `## ${section}`,
    '',
    '| flag | variable | default | what it does |',
    '|---|---|---|---|',
    ...own.map(
      ({ flags, env, fallback, help }) => `| \`${cell(flags)}\` | ${quoted(env)} | ${quoted(defaultOf(fallback))} | ${cell(help)} |`,
    ),
    '',
  ];
}

/** The default as somebody would write it; undefined for a flag that is off, empty or not given. */
function defaultOf(fallback: unknown): string | undefined {
  if (Array.isArray(fallback)) return fallback.length === 0 ? undefined : fallback.join(',');
  return typeof fallback === 'string' || typeof fallback === 'number' ? String(fallback) : undefined;
}

function quoted(text: string | undefined): string {
  return text === undefined || text === '' ? '' : `\`${cell(text)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
