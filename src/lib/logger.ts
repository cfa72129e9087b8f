import { pino } from 'pino';
import pretty from 'pino-pretty';

/** Facts first, then a sentence that is the same for every event of its kind: `log.info({ app: '/shop' }, 'left out')`. */
export type Logger = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error'>;

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = 'text' | 'json';

/** Facts whose values are never written, whoever logs them by mistake. */
const SECRETS = ['password', 'authorization', 'credentials', '*.password', '*.authorization', '*.credentials'];

/** A logger that writes text for people or a JSON object a line, at once, so that nothing is lost when the process ends. */
export function makeLogger({ level, format, fd }: { readonly level: LogLevel; readonly format: LogFormat; readonly fd: number }): Logger {
  const settings: pino.LoggerOptions = {
    level,
    base: null,
    redact: { paths: SECRETS, censor: '(hidden)' },
    formatters: { level: (label) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  if (format === 'json') return pino(settings, pino.destination({ fd, sync: true }));
  return pino(
    settings,
    pretty({ destination: fd, sync: true, colorize: false, singleLine: true, translateTime: 'SYS:HH:MM:ss.l', messageFormat: '{msg}' }),
  );
}
