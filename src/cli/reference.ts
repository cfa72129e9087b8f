import { CATALOGUE, TEMPLATE_NAMES, type TemplateRow } from '../haproxy/catalogue.ts';
import { SAFE_ROWS } from '../haproxy/safe-lines.ts';
import { QUESTIONS, type LabelQuestion } from '../services/define-label.ts';
import { APP_LABELS, PORT_LABELS, type Label } from '../services/labels.ts';

/** Returns the reference of labels and templates as Markdown, made from their tables. `marathon-lb-ts labels` prints it; docs/labels.md holds it. */
export function makeReference(): string {
  return [
    '# Labels and templates',
    '',
    'Made by `marathon-lb-ts labels`. `n` is a port index: the place in `portMappings` or `portDefinitions`, or among all endpoints of a pod ([pods](pods.md)), from 0.',
    '',
    'A value outside its grammar is reported as a Problem and the label is ignored. If the label guards access (marked *), the port is left out instead.',
    '',
    '## Labels of an app',
    '',
    ...tableOf(Object.values(APP_LABELS), ({ name }) => `HAPROXY_${name}`),
    '',
    '## Labels of a port',
    '',
    ...ABOUT_PORTS,
    ...(Object.keys(QUESTIONS) as LabelQuestion[]).flatMap(portTable),
    'Basic auth covers only the shared frontends: the service port and the frontend that routes by app id stay open.',
    '',
    '## Templates',
    '',
    'How to write one, where each stands and what the placeholders mean: [templates.md](templates.md).',
    '',
    'A template comes from the first of these that exists: a label `HAPROXY_n_<NAME>` (where the table says so), the variable `HAPROXY_<NAME>`, a file',
    '`HAPROXY_<NAME>.hbs` or `HAPROXY_<NAME>` in `--templates-dir`, the default. In a label or variable without a real line end, `\\n` means one.',
    "Files that end in `.hbs` are Handlebars; all others are in marathon-lb's format, where `{name}` is a placeholder and `{{`, `}}` are braces.",
    '',
    '| template | in labels | placeholders | what it is |',
    '|---|---|---|---|',
    ...TEMPLATE_NAMES.map((name) => templateRow(name, CATALOGUE[name])),
    '',
    ...safeLines(),
    '',
  ].join('\n');
}

/** What stands in front of the labels of a port. */
const ABOUT_PORTS: readonly string[] = [
  'Labels that stand instead of templates have effect under `--template-labels deny` too. The column *change* says what a change of the label takes: ↻',
  'nothing but commands while HAProxy runs; *↻ number* the same for another number, and a reload to add or remove the label (and for another time of',
  'RATE_LIMIT); *reload* a reload of HAProxy, which cuts no request. The last column names the same thing in Traefik (2 and 3, middlewares and services)',
  'and in the HAProxy and nginx ingresses (annotations), as their documentation of 2026 has it (Traefik 3, haproxy-ingress 0.17, ingress-nginx).',
  '',
  'Why the others need a reload: HAProxy reads times, retries, balance, checks, compression, rewriting and TLS to the servers only from its file. What a',
  'rule compares could stand in a map (times by `set-timeout`, networks, redirects, origins), but then a line names its port, and a spare backend can not',
  'serve such a port before the next reload. That is worth it for limits, which are changed under load, and for nothing else.',
  '',
  "There is no AUTH_URL (Traefik's forwardAuth): HAProxy, 3.4 included, asks no outside service about a request without Lua or an SPOE agent.",
  '',
];

/** The section about the lines that a template in a label may have under --template-labels safe. */
function safeLines(): readonly string[] {
  return [
    '## Lines of templates in labels, under --template-labels safe',
    '',
    "Under `--template-labels safe` a template in a label may have comments and the lines of this table, with the port's own values in them. Every",
    'other line is reported as a Problem, and the default template is used instead. Templates for a frontend that apps share',
    '(`HTTP_FRONTEND_…`, `HTTPS_FRONTEND_…`, `BACKEND_REDIRECT_…`) are never taken from a label. No line of the table reads a file, the environment, a',
    'Lua script or another section, and none leads to the backend of another app.',
    '',
    '| example | what it is |',
    '|---|---|',
    ...SAFE_ROWS.map(({ usage, doc }) => `| \`${cell(usage)}\` | ${cell(doc)} |`),
  ];
}

function tableOf(labels: readonly Label<unknown>[], title: (label: Label<unknown>) => string): readonly string[] {
  const rows = labels.map((label) => {
    const { grammar, guards, doc, example } = label;
    return `| \`${title(label)}\`${guards ? ' *' : ''} | ${cell(grammar.wanted)} | ${cell(doc)} | \`${cell(example)}\` |`;
  });
  return ['| label | value | what it does | example |', '|---|---|---|---|', ...rows];
}

/** The labels of a port that answer one question, by name. */
function portTable(question: LabelQuestion): readonly string[] {
  const own = Object.values<Label<unknown>>(PORT_LABELS).filter((label) => label.question === question);
  if (own.length === 0) return [];
  const rows = own.map(({ name, grammar, guards, live, doc, example, elsewhere }) => {
    const change = { true: '↻', false: 'reload', number: '↻ number' }[`${live}`];
    return `| \`HAPROXY_n_${name}\`${guards ? ' *' : ''} | ${change} | ${cell(grammar.wanted)} | ${cell(doc)} | \`${cell(example)}\` | ${cell(elsewhere)} |`;
  });
  const head = ['| label | change | value | what it does | example | elsewhere |', '|---|---|---|---|---|---|'];
  return [`### ${QUESTIONS[question]}`, '', ...head, ...rows, ''];
}

function templateRow(name: string, { inLabels, places, lists, use, doc }: TemplateRow): string {
  const all = [...places, ...lists.map((list) => `${list} (a list)`)];
  const known = use === 'raw' && all.length > 0 ? `${all.join(' ')} (in .hbs only)` : all.join(' ');
  return `| \`${name}\` | ${inLabels ? 'yes' : ''} | ${cell(known)} | ${cell(doc)} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
