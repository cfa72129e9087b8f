import type { TemplateName } from './catalogue.ts';

/** What to write in place of directives that HAProxy 2.1 and later refuse. */
const REMOVED: readonly (readonly [RegExp, string])[] = [
  [/^reqi?rep$/, 'http-request replace-path, replace-uri or replace-header'],
  [/^reqadd$/, 'http-request add-header'],
  [/^reqi?del$/, 'http-request del-header'],
  [/^reqi?(deny|tarpit|allow|pass|setbe)$/, 'http-request deny, tarpit or allow with a condition'],
  [/^rspi?rep$/, 'http-response replace-header'],
  [/^rspadd$/, 'http-response add-header or set-header'],
  [/^rspi?del$/, 'http-response del-header'],
  [/^rspi?deny$/, 'http-response deny with a condition'],
  [/^block$/, 'http-request deny with the same condition'],
  [/^(clitimeout|contimeout|srvtimeout)$/, 'timeout client, timeout connect or timeout server'],
  [/^monitor-net$/, 'http-request return status 200 if { src … }'],
];

const SECTION =
  /^[ \t]*(global|defaults|listen|frontend|backend|userlist|peers|resolvers|mailers|program|cache|http-errors|ring|log-forward|fcgi-app|traces|crt-store|log-profile|acme)\b[ \t]*(\S*)/;

/** The templates of a port that open a section, and its kind. */
const OPENS: Readonly<Partial<Record<TemplateName, string>>> = {
  HAPROXY_FRONTEND_HEAD: 'frontend',
  HAPROXY_BACKEND_HEAD: 'backend',
  HAPROXY_USERLIST_HEAD: 'userlist',
};

/** The templates that open a section shared by apps, and its kind. An operator may write `listen` in place of a frontend or backend. */
const OPENS_SHARED: Readonly<Partial<Record<TemplateName, string>>> = {
  HAPROXY_HTTP_FRONTEND_HEAD: 'frontend',
  HAPROXY_HTTP_FRONTEND_APPID_HEAD: 'frontend',
  HAPROXY_HTTPS_FRONTEND_HEAD: 'frontend',
  HAPROXY_HTTPS_GROUPED_FRONTEND_HEAD: 'frontend',
  HAPROXY_HTTPS_GROUPED_VHOST_FRONTEND_HEAD: 'frontend',
  HAPROXY_HTTPS_GROUPED_VHOST_BACKEND_HEAD: 'backend',
};

/** The templates whose lines are in a frontend shared by apps. */
const SHARED = /^HAPROXY_HTTPS?_FRONTEND_(?!HEAD|APPID_HEAD)|^HAPROXY_BACKEND_REDIRECT/;

/** Whether a template's lines are in a frontend shared by apps, so that they may affect other apps. */
export function isOfSharedFrontend(name: TemplateName): boolean {
  return SHARED.test(name);
}

/**
 * The prefix of the templates for rules that read a map file. A frontend has one such rule for all apps in the map. (marathon-lb 1.15 accepts no
 * label for it either.)
 */
const OF_ALL_APPS = 'HAPROXY_MAP_';

/** Why a template's text can't be used with current HAProxy releases, as the rest of a sentence after a comma; undefined when it can. */
export function findRemoved(text: string): string | undefined {
  for (const line of text.split('\n')) {
    const [word = ''] = line.trim().split(/\s+/);
    const instead = REMOVED.find(([pattern]) => pattern.test(word))?.[1];
    if (instead !== undefined) return `HAProxy 2.1 and later refuse '${line.trim()}': write ${instead}`;
  }
  return undefined;
}

/**
 * Why an app may not use a text as its template, as the rest of a sentence after a comma: the text would leave the app's own section, or affect other
 * apps. Undefined when it may. An empty text is allowed: it is the known way not to bind a port.
 */
export function findTrespass(name: TemplateName, text: string): string | undefined {
  if (name.startsWith(OF_ALL_APPS)) return 'because its rule is shared by all apps, and only the operator can change it';
  if (/[^\P{Cc}\n\t\r]/u.test(text)) return 'it has a control character';
  if (/\\[ \t\r]*$/m.test(text)) return 'one of its lines ends in a backslash, which would join it with the next line';
  const macro = linesOf(text).find((line) => line.trim().startsWith('.'));
  if (macro !== undefined) return `it has '${macro.trim()}', which HAProxy reads as an instruction to itself`;
  return findForeignSection(name, text) ?? findUnconditional(name, text);
}

function findForeignSection(name: TemplateName, text: string): string | undefined {
  const lines = linesOf(text);
  const opened = lines.filter((line) => SECTION.test(unquoted(line)));
  const own = OPENS[name];
  if (own === undefined)
    return opened[0] === undefined ? undefined : `it opens a section ('${opened[0].trim()}'), which this template must not do`;
  if (lines.length === 0 && name === 'HAPROXY_FRONTEND_HEAD') return undefined;
  const [first = ''] = lines;
  const [, word, title = ''] = SECTION.exec(unquoted(first)) ?? [];
  if (word !== own || !title.includes('{backend}')) return `its first line is '${first.trim()}', but '${own} {backend}' is wanted`;
  return (
    findMoreThanTitle(first) ??
    (opened[1] === undefined ? undefined : `it opens a second section ('${opened[1].trim()}'), which this template must not do`)
  );
}

/**
 * Why a section's first line has too many words; undefined when it has not. A form that turns line ends into spaces puts the whole section on its
 * first line, where HAProxy accepts only a name and `from` (HAProxy 2.4).
 */
function findMoreThanTitle(line: string): string | undefined {
  const [word = '', title = '', next] = bareWords(line).split(/\s+/);
  if (next === undefined || next === 'from') return undefined;
  return `its line '${word} ${title} ${next} …' has more than the section's name: the line ends were lost, write each directive on its own line`;
}

/**
 * Why an operator's text can't replace a template, as the rest of a sentence after a comma: the lines after it in the file would become part of the
 * previous section, or the load balancer would lose its settings or its health page. `text` is rendered, with `{name}` for every value. Undefined
 * when it can.
 */
export function findMissingSection(name: TemplateName, text: string, statsPort?: number): string | undefined {
  const lines = linesOf(text);
  const opened = lines.filter((line) => SECTION.test(unquoted(line)));
  if (name === 'HAPROXY_HEAD') return findMissingInHead(opened, lines, statsPort);
  const wanted = OPENS[name] ?? OPENS_SHARED[name];
  if (wanted === undefined || (lines.length === 0 && name === 'HAPROXY_FRONTEND_HEAD')) return undefined;
  const [first = ''] = lines;
  if (first !== opened[0]) return `its first line is '${first.trim()}', but a line '${wanted} …' is wanted`;
  const last = opened.at(-1) ?? '';
  const [, word = '', title = ''] = SECTION.exec(unquoted(last)) ?? [];
  if (word !== wanted && (word !== 'listen' || wanted === 'userlist'))
    return `the last section that it opens is '${last.trim()}', but '${wanted} …' is wanted, because the lines that follow belong there`;
  if (name in OPENS && !title.includes('{backend}'))
    return `its line '${last.trim()}' has no {backend}, so every port would have the same ${wanted}`;
  return opened.map(findMoreThanTitle).find((why) => why !== undefined);
}

function findMissingInHead(opened: readonly string[], lines: readonly string[], statsPort: number | undefined): string | undefined {
  const words = new Set(opened.map((line) => SECTION.exec(unquoted(line))?.[1]));
  const missing = ['global', 'defaults'].find((word) => !words.has(word));
  if (missing !== undefined) return `it has no section '${missing}'`;
  const binds = lines.filter((line) => /^\s*bind\s/.test(line));
  const isOnStats = (line: string): boolean =>
    line.includes('{statsBind}') || (statsPort !== undefined && new RegExp(`:${statsPort}\\b`).test(line));
  if (statsPort === undefined ? binds.length > 0 : binds.some(isOnStats)) return undefined;
  return `it binds nothing on ${statsPort === undefined ? 'the stats port' : `port ${statsPort} (--stats-port)`}, where clients look for the health page`;
}

/** The lines without blank lines and comments. */
function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
}

/** Removes the quotes of a line. HAProxy removes quotes from the first word too: '"backend" x' opens a section. */
function unquoted(line: string): string {
  return line.replace(/["'\\]/g, '');
}

/**
 * A line without its comment, and with quoted or escaped parts replaced by a letter, so that an 'if' in a quoted part does not count as a condition.
 */
function bareWords(line: string): string {
  return line.replace(/\\.|"(?:\\.|[^"\\])*"|'[^']*'|(#.*)/g, (_, comment?: string) => (comment === undefined ? 'x' : '')).trim();
}

function findUnconditional(name: TemplateName, text: string): string | undefined {
  if (!isOfSharedFrontend(name)) return undefined;
  const rule = text.split(/\r?\n/).find((line) => bareWords(line) !== '' && !hasCondition(bareWords(line)));
  return rule === undefined ? undefined : `'${rule.trim()}' would affect every app of the shared frontend: give it a condition ('if …')`;
}

/** Characters besides the line feed at which JavaScript's `.` ends: behind the last one, a pattern that begins finds its end. */
const LINE_ENDS = ['\r', '\u2028', '\u2029'];

/** Whether a rule is for some requests only. A condition that holds for all requests does not count. */
function hasCondition(line: string): boolean {
  if (/^acl\s/.test(line)) return true;
  const start = Math.max(0, ...LINE_ENDS.map((end) => line.lastIndexOf(end)));
  const [, word, condition = ''] = /\s(if|unless)\s(.*)$/.exec(line.slice(start)) ?? [];
  return word !== undefined && !(word === 'if' ? ALWAYS : NEVER).test(condition.trim());
}

/** Conditions of one word, alone or combined by `or`, that hold for every request, or for none (HAProxy: predefined ACLs). */
const ALWAYS =
  /^(?:.*(?:\|\||\bor)\s*)?(?:TRUE|HTTP|!\s*FALSE|\{+\s*always_true\s*\}+|!\s*\{+\s*always_false\s*\}+)(?:\s*(?:\|\||or\b).*)?$/;
const NEVER = /^(?:FALSE|!\s*TRUE|!\s*HTTP|\{+\s*always_false\s*\}+|!\s*\{+\s*always_true\s*\}+)$/;

/** Adapts an operator's HAPROXY_HEAD for marathon-lb to our HAProxy. `notes` says what was left out, one sentence for each reason. */
export function translateHead(text: string): { readonly text: string; readonly notes: readonly string[] } {
  const dropped = new Map<string, string[]>();
  const kept = text.split('\n').filter((line) => {
    const why = reasonToDrop(line.trim());
    if (why === undefined) return true;
    dropped.set(why, [...(dropped.get(why) ?? []), line.trim()]);
    return false;
  });
  const notes = Array.from(dropped, ([why, lines]) => {
    const shown = lines.map((line) => `'${line}'`).join(', ');
    return lines.length === 1
      ? `HAPROXY_HEAD: the line ${shown} is left out, ${why}`
      : `HAPROXY_HEAD: the lines ${shown} are left out, ${why}`;
  });
  return { text: kept.join('\n'), notes };
}

function reasonToDrop(line: string): string | undefined {
  if (line === 'daemon') return 'because HAProxy runs under our own master here';
  if (/^lua-load\s+\/marathon-lb\/\S+\.lua$/.test(line) || /\buse-service\s+lua\./.test(line))
    return "because marathon-lb's Lua scripts are not here";
  return undefined;
}

/** The folders that an operator's HAPROXY_HEAD needs: for its stats sockets and its server states. */
export function foldersOfHead(text: string): readonly string[] {
  const sockets = [...text.matchAll(/^[ \t]*stats\s+socket\s+(\/\S+)\/[^/\s]+/gm)].map(([, folder = '']) => folder);
  const states = [...text.matchAll(/^[ \t]*server-state-base\s+(\/\S+)/gm)].map(([, folder = '']) => folder);
  return [...new Set([...sockets, ...states])];
}

/**
 * Matches `$NAME`, `${NAME}` and `${NAME[*]}`. A variable with a default (`${NAME-text}`) may be missing; an unclosed brace is left for HAProxy to
 * refuse.
 */
const VARIABLE = /(?<!\\)\$(?:\{([A-Za-z_]\w*)(?:\[\*\])?\}|([A-Za-z_]\w*))/g;

/**
 * The environment variables that a text makes HAProxy read, in double quotes or through the sample `env`, without those that HAProxy or the text
 * itself sets.
 */
export function variablesIn(text: string): readonly string[] {
  const quoted = [...text.matchAll(/\\.|"(?:[^"\\\n]|\\.)*"/g)].flatMap(([inside]) => [...inside.matchAll(VARIABLE)]);
  const sampled = [...text.matchAll(/\benv\(\s*([A-Za-z_]\w*)\s*\)/g)];
  const set = new Set(Array.from(text.matchAll(/^[ \t]*(?:pre)?setenv\s+(\S+)/gm), ([, name]) => name));
  const names = [...quoted, ...sampled].map(([, name, bare = '']) => name ?? bare);
  return [...new Set(names)].filter((name) => !set.has(name) && !SET_BY_HAPROXY.test(name));
}

const SET_BY_HAPROXY =
  /^HAPROXY_(?:CFGFILES|LOCALPEER|MWORKER|CLI|MASTER_CLI|STARTUP_VERSION|BRANCH|STARTUPLOGS_FD|(?:HTTP|HTTPS|TCP)(?:_CLF)?_LOG_FMT)$/;
