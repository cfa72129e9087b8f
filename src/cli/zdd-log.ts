import { DeployError, EXIT } from '../deploy/deploy-error.ts';

/** Writes a sentence of progress. */
export type Say = (sentence: string) => void;

/** The levels of Python's logging, which zdd has, and those of the daemon, each with its rank; progress is told at `INFO`. */
const RANKS: Readonly<Record<string, number>> = {
  NOTSET: 0,
  DEBUG: 10,
  INFO: 20,
  WARN: 30,
  WARNING: 30,
  ERROR: 40,
  CRITICAL: 50,
  FATAL: 50,
  SILENT: 60,
};

/** Reads --log-level. Throws a DeployError that says what is wanted. */
export function readLogLevel(text: string): number {
  const rank = RANKS[text.toUpperCase()];
  if (rank === undefined)
    throw new DeployError(`--log-level '${text}' is not one of DEBUG, INFO, WARNING, ERROR, CRITICAL and silent`, EXIT.unexpected);
  return rank;
}

/** What makes a line of a sentence. */
type Layout = (sentence: string, at: Date) => string;

/** Reads --log-format: `text`, `json`, or a format of Python's logging. Throws a DeployError for a field that a line does not have. */
export function readLogFormat(text: string): Layout {
  if (text === 'text') return inText;
  if (text === 'json') return (msg, at) => JSON.stringify({ level: 'info', time: at.toISOString(), name: 'zdd', msg });
  const fields = [...text.matchAll(/%\(([^)]{0,40})\)/g)].map(([, name = '']) => name);
  const unknown = fields.find((name) => !(name in valuesOf('', new Date(0))));
  if (unknown !== undefined || fields.length === 0)
    throw new DeployError(
      `--log-format '${text}' ${unknown === undefined ? 'names no field' : `names the field ${unknown}, which a line does not have`}: 'text', 'json', or a format with ${Object.keys(valuesOf('', new Date(0))).join(', ')} is wanted, as in '%(asctime)s %(name)s: %(message)s'`,
      EXIT.unexpected,
    );
  return (sentence, at) => {
    const values: Readonly<Record<string, string>> = valuesOf(sentence, at);
    return text
      .replaceAll(/%\(([^)]{0,40})\)(-?)(\d{0,3})[sd]/g, (_, name: string, left: string, width: string) => {
        const value = values[name] ?? '';
        return left === '-' ? value.padEnd(Number(width)) : value.padStart(Number(width));
      })
      .replaceAll('%%', '%');
  };
}

function inText(sentence: string, at: Date): string {
  return `${at.toISOString()} zdd: ${sentence}`;
}

/** The fields of Python's logging that a line here has. */
function valuesOf(message: string, at: Date) {
  const two = (number: number, digits = 2): string => String(number).padStart(digits, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const asctime = `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())},${two(at.getMilliseconds(), 3)}`;
  return { asctime, name: 'zdd', levelname: 'INFO', message, process: String(process.pid) };
}

/** The flags about what is written while a deployment goes on. */
export interface LogFlags {
  readonly logFormat?: Layout;
  readonly logLevel?: number;
}

/** Writes progress to stderr, so that stdout has only what is asked for; nothing where the level is above `INFO`. */
export function sayAs({ logFormat = inText, logLevel = 0 }: LogFlags, write: (line: string) => void): Say {
  if (logLevel > 20) return () => undefined;
  return (sentence) => {
    write(`${logFormat(sentence, new Date())}\n`);
  };
}
