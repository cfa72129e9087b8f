import { expect, test } from '@jest/globals';
import { readLogFormat, readLogLevel, sayAs } from '../../src/cli/zdd-log.ts';

const AT = new Date(2026, 0, 2, 3, 4, 5, 67);

test.each([
  ['%(asctime)-15s %(name)s: %(message)s', '2026-01-02 03:04:05,067 zdd: killing'],
  ['[%(levelname)8s] %(message)s 100%%', '[    INFO] killing 100%'],
  ['%(process)d|%(name)-5s|', `${process.pid}|zdd  |`],
  ['text', `${AT.toISOString()} zdd: killing`],
  ['json', `{"level":"info","time":"${AT.toISOString()}","name":"zdd","msg":"killing"}`],
])('--log-format %s', (format, line) => {
  expect(readLogFormat(format)('killing', AT)).toBe(line);
});

test.each(['%(lineno)d %(message)s', 'pretty', ''])("--log-format '%s' is refused with a sentence", (format) => {
  expect(() => readLogFormat(format)).toThrow(
    expect.objectContaining({ exitCode: 2, message: expect.stringContaining("'%(asctime)s %(name)s: %(message)s'") }),
  );
});

test('--log-level: progress is told up to INFO, by the words of Python and of the daemon', () => {
  const told = (level: string): boolean => {
    const lines: string[] = [];
    sayAs({ logLevel: readLogLevel(level) }, (line) => lines.push(line))('killing');
    return lines.length === 1;
  };
  expect(['DEBUG', 'info', 'NOTSET'].map(told)).toEqual([true, true, true]);
  expect(['WARNING', 'warn', 'ERROR', 'CRITICAL', 'silent'].map(told)).toEqual([false, false, false, false, false]);
  expect(() => readLogLevel('loud')).toThrow("--log-level 'loud' is not one of DEBUG, INFO, WARNING, ERROR, CRITICAL and silent");
});
