import { pino } from 'pino';
import { cut, cutText } from './cut.ts';
import { makeLogSink, writerOf } from './log-sink.ts';
import { hideSecrets } from './secrets.ts';

/** Takes facts first, then a sentence that is the same for every event of its kind: `log.info({ app: '/shop' }, 'left out')`. */
export type Logger = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** From the level that logs most to the level that logs nothing. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
/** From which level on lines are written; `silent` writes none. */
export type LogLevel = (typeof LOG_LEVELS)[number];
/** How a line is written: as text for people, or as one JSON object. */
export type LogFormat = 'text' | 'json';

/** Facts whose values are never written, even if somebody logs them by mistake. */
const SECRETS = ['password', 'authorization', 'credentials', '*.password', '*.authorization', '*.credentials'];

/** What a logger writes, in which format, and where. */
export interface LogSettings {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** The file descriptor it writes to: 1 is stdout, 2 is stderr. */
  readonly fd: 1 | 2;
}

/**
 * Makes a logger that writes either text for people or one JSON object per line. Lines are written at once, so that none is lost when the process
 * ends. It never waits for a reader: while nobody reads, lines are dropped and counted, and the count is logged when somebody reads again.
 */
export async function makeLogger({ level, format, fd }: LogSettings): Promise<Logger> {
  const settings: pino.LoggerOptions = {
    level,
    base: null,
    redact: { paths: SECRETS, censor: '***' },
    formatters: { level: (label) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    hooks: {
      logMethod(args, method) {
        method.apply(this, args.map((arg: unknown) => legible(arg)) as typeof args);
      },
    },
  };
  if (level === 'silent') return pino(settings, { write: () => undefined }); // nothing is opened for it, and nothing flushed at the end
  const show = format === 'json' ? (line: string) => line : await makePretty();
  const sink = makeLogSink({
    write: writerOf(fd),
    dropped: (lines) => {
      logger.warn({ lines }, 'log lines were dropped because the reader of the log is too slow');
    },
  });
  process.once('exit', sink.flush);
  const logger = pino(settings, {
    write: (line: string) => {
      sink.write(show(line));
    },
  });
  return logger;
}

/** Returns an argument of a log call, shortened and with its secrets hidden. */
function legible(arg: unknown): unknown {
  return typeof arg === 'string' ? hideSecrets(cutText(arg)) : mapTexts(cut(arg), hideSecrets);
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, change));
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, mapTexts(one, change)]));
}

async function makePretty(): Promise<(line: string) => string> {
  const { prettyFactory } = await import('pino-pretty'); // imported only for text, because it is slow to load
  return prettyFactory({ colorize: false, singleLine: true, translateTime: 'SYS:HH:MM:ss.l', messageFormat: '{msg}' });
}
