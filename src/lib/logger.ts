import { pino } from 'pino';

/** Facts first, then a sentence that is the same for every event of its kind: `log.info({ app: '/shop' }, 'left out')`. */
export type Logger = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** From the most words to none. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = 'text' | 'json';

/** Facts whose values are never written, whoever logs them by mistake. */
const SECRETS = ['password', 'authorization', 'credentials', '*.password', '*.authorization', '*.credentials'];

/** How much is written, how, and where to. */
export interface LogSettings {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Where it writes to: 1 is stdout, 2 is stderr. */
  readonly fd: number;
}

/** A logger that writes text for people or a JSON object a line, at once, so that nothing is lost when the process ends. */
export async function makeLogger({ level, format, fd }: LogSettings): Promise<Logger> {
  const settings: pino.LoggerOptions = {
    level,
    base: null,
    redact: { paths: SECRETS, censor: '(hidden)' },
    formatters: { level: (label) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  if (format === 'json') return pino(settings, pino.destination({ fd, sync: true }));
  const { default: pretty } = await import('pino-pretty'); // for people only: it takes its time to load
  return pino(
    settings,
    pretty({ destination: fd, sync: true, colorize: false, singleLine: true, translateTime: 'SYS:HH:MM:ss.l', messageFormat: '{msg}' }),
  );
}
