import type { TemplateName } from './catalogue.ts';

/** What to write instead of directives that HAProxy 2.1 and later refuse. */
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

/** The templates of a port that open a section, and which. */
const OPENS: Readonly<Partial<Record<TemplateName, string>>> = {
  HAPROXY_FRONTEND_HEAD: 'frontend',
  HAPROXY_BACKEND_HEAD: 'backend',
  HAPROXY_USERLIST_HEAD: 'userlist',
};

/** The templates that open a section which apps share, and which; an operator may write `listen` for a frontend or a backend. */
const OPENS_SHARED: Readonly<Partial<Record<TemplateName, string>>> = {
  HAPROXY_HTTP_FRONTEND_HEAD: 'frontend',
  HAPROXY_HTTP_FRONTEND_APPID_HEAD: 'frontend',
  HAPROXY_HTTPS_FRONTEND_HEAD: 'frontend',
  HAPROXY_HTTPS_GROUPED_FRONTEND_HEAD: 'frontend',
  HAPROXY_HTTPS_GROUPED_VHOST_FRONTEND_HEAD: 'frontend',
  HAPROXY_HTTPS_GROUPED_VHOST_BACKEND_HEAD: 'backend',
};

/** The templates whose lines stand in a frontend that apps share. */
const SHARED = /^HAPROXY_HTTPS?_FRONTEND_(?!HEAD|APPID_HEAD)|^HAPROXY_BACKEND_REDIRECT/;

/** Whether a template's lines stand in a frontend that apps share, so that they may hit other apps. */
export function isOfSharedFrontend(name: TemplateName): boolean {
  return SHARED.test(name);
}

/** Of the rules that look into a map file: a frontend has one, whatever apps are in the map [marathon-lb 1.15 takes no label for it either]. */
const OF_ALL_APPS = 'HAPROXY_MAP_';

/** Why a template's text can't be used with today's HAProxy, in words that stand behind a comma; undefined when it can. */
export function findRemoved(text: string): string | undefined {
  for (const line of text.split('\n')) {
    const [word = ''] = line.trim().split(/\s+/);
    const instead = REMOVED.find(([pattern]) => pattern.test(word))?.[1];
    if (instead !== undefined) return `HAProxy 2.1 and later do not take '${line.trim()}': write ${instead}`;
  }
  return undefined;
}

/**
 * Why an app may not have a text as its template, in words that stand behind a comma: it would leave its own section, or hit other apps.
 * Undefined when it may. An empty text is one: the known way not to bind a port.
 */
export function findTrespass(name: TemplateName, text: string): string | undefined {
  if (name.startsWith(OF_ALL_APPS)) return 'as its rule is one for all apps, which only the operator can give';
  if (/[^\P{Cc}\n\t\r]/u.test(text)) return 'it has a control character';
  if (/\\[ \t\r]*$/m.test(text)) return 'a line of it ends in a backslash, which would draw in the line behind it';
  const macro = linesOf(text).find((line) => line.trim().startsWith('.'));
  if (macro !== undefined) return `it has '${macro.trim()}', which HAProxy reads as an instruction to itself`;
  return findForeignSection(name, text) ?? findUnconditional(name, text);
}

function findForeignSection(name: TemplateName, text: string): string | undefined {
  const lines = linesOf(text);
  const opened = lines.filter((line) => SECTION.test(unquoted(line)));
  const own = OPENS[name];
  if (own === undefined)
    return opened[0] === undefined ? undefined : `it opens a section ('${opened[0].trim()}'), which this template may not`;
  if (lines.length === 0 && name === 'HAPROXY_FRONTEND_HEAD') return undefined;
  const [first = ''] = lines;
  const [, word, title = ''] = SECTION.exec(unquoted(first)) ?? [];
  if (word !== own || !title.includes('{backend}')) return `its first line is '${first.trim()}', but '${own} {backend}' is wanted`;
  return (
    findMoreThanTitle(first) ??
    (opened[1] === undefined ? undefined : `it opens a second section ('${opened[1].trim()}'), which this template may not`)
  );
}

/** A form that makes blanks of line ends puts the whole section on its first line, where HAProxy takes a name and `from` [haproxy 2.4]. */
function findMoreThanTitle(line: string): string | undefined {
  const [word = '', title = '', next] = bareWords(line).split(/\s+/);
  if (next === undefined || next === 'from') return undefined;
  return `its line '${word} ${title} ${next} …' has more than the section's name: the line ends are lost, write each directive on a line of its own`;
}

/**
 * Why an operator's text can't stand in a template's place, in words that stand behind a comma: what follows it in the file would land in the section
 * before it, or the load balancer would lose its settings or its health page. `text`: rendered, with `{name}` for every value. Undefined when it can.
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
    return `the last section that it opens is '${last.trim()}', but '${wanted} …' is wanted, where the lines that follow belong`;
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
  return `it binds nothing on ${statsPort === undefined ? 'the stats port' : `port ${statsPort} (--stats-port)`}, where the health page is looked for`;
}

/** Without blank lines and comments. */
function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
}

/** HAProxy takes quotes off a line's first word as well: '"backend" x' opens a section. */
function unquoted(line: string): string {
  return line.replace(/["'\\]/g, '');
}

/** A line without its comment, with what is quoted or escaped as a mere letter: an 'if' in there is no condition. */
function bareWords(line: string): string {
  return line.replace(/\\.|"(?:\\.|[^"\\])*"|'[^']*'|(#.*)/g, (_, comment?: string) => (comment === undefined ? 'x' : '')).trim();
}

function findUnconditional(name: TemplateName, text: string): string | undefined {
  if (!isOfSharedFrontend(name)) return undefined;
  const rule = text.split(/\r?\n/).find((line) => bareWords(line) !== '' && !hasCondition(bareWords(line)));
  return rule === undefined ? undefined : `'${rule.trim()}' would hit every app of the shared frontend: give it a condition ('if …')`;
}

/** Whether a rule is for some requests only; one whose condition holds for all requests is not. */
function hasCondition(line: string): boolean {
  if (/^acl\s/.test(line)) return true;
  const [, word, condition = ''] = /\s(if|unless)\s+(.*)$/.exec(line) ?? [];
  return word !== undefined && !(word === 'if' ? ALWAYS : NEVER).test(condition);
}

/** Conditions of one word, or of one word and others behind `or`, that hold for every request, or for none [haproxy: predefined ACLs]. */
const ALWAYS =
  /^(?:.*(?:\|\||\bor)\s*)?(?:TRUE|HTTP|!\s*FALSE|\{+\s*always_true\s*\}+|!\s*\{+\s*always_false\s*\}+)(?:\s*(?:\|\||or\b).*)?$/;
const NEVER = /^(?:FALSE|!\s*TRUE|!\s*HTTP|\{+\s*always_false\s*\}+|!\s*\{+\s*always_true\s*\}+)$/;

/** An operator's HAPROXY_HEAD for marathon-lb, made fit for our HAProxy; `notes`: what was left out, a sentence for each reason. */
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
  if (line === 'daemon') return 'as HAProxy runs under our own master here';
  if (/^lua-load\s+\/marathon-lb\/\S+\.lua$/.test(line) || /\buse-service\s+lua\./.test(line))
    return 'as the Lua scripts of marathon-lb are not here';
  return undefined;
}

/** Folders that an operator's HAPROXY_HEAD needs: of its stats sockets and its server states. */
export function foldersOfHead(text: string): readonly string[] {
  const sockets = [...text.matchAll(/^\s*stats\s+socket\s+(\/\S+)\/[^/\s]+/gm)].map(([, folder = '']) => folder);
  const states = [...text.matchAll(/^\s*server-state-base\s+(\/\S+)/gm)].map(([, folder = '']) => folder);
  return [...new Set([...sockets, ...states])];
}

/** `$NAME`, `${NAME}` or `${NAME[*]}`; one with a default (`${NAME-text}`) may be missing, and a brace that is not closed is for HAProxy to refuse. */
const VARIABLE = /(?<!\\)\$(?:\{([A-Za-z_]\w*)(?:\[\*\])?\}|([A-Za-z_]\w*))/g;

/** The environment variables that a text has HAProxy read: in double quotes, or by the sample `env`; without those that HAProxy or the text itself sets. */
export function variablesIn(text: string): readonly string[] {
  const quoted = [...text.matchAll(/"(?:[^"\\\n]|\\.)*"/g)].flatMap(([inside]) => [...inside.matchAll(VARIABLE)]);
  const sampled = [...text.matchAll(/\benv\(\s*([A-Za-z_]\w*)\s*\)/g)];
  const set = new Set(Array.from(text.matchAll(/^\s*(?:pre)?setenv\s+(\S+)/gm), ([, name]) => name));
  const names = [...quoted, ...sampled].map(([, name, bare = '']) => name ?? bare);
  return [...new Set(names)].filter((name) => !set.has(name) && !SET_BY_HAPROXY.test(name));
}

const SET_BY_HAPROXY =
  /^HAPROXY_(?:CFGFILES|LOCALPEER|MWORKER|CLI|MASTER_CLI|STARTUP_VERSION|BRANCH|STARTUPLOGS_FD|(?:HTTP|HTTPS|TCP)(?:_CLF)?_LOG_FMT)$/;
