import type { Problem } from '../model/problem.ts';
import { told } from './told.ts';
import type { CheckReport, Looked } from './check-report.ts';

/** Ways in which a report is written. */
export const CHECK_FORMATS = { text: textOf, json: jsonOf, github: githubOf, junit: junitOf } as const satisfies Record<
  string,
  (report: CheckReport) => string
>;

function jsonOf(report: CheckReport): string {
  return `${JSON.stringify(report)}\n`;
}

/** For people. */
function textOf({ apps, others, notes, haproxy }: CheckReport): string {
  const lines = [
    ...apps.flatMap(({ app, file, problems, notes: own }) => [
      `${app} (${file}): ${problems.length === 0 ? 'ok' : count(problems.length)}`,
      ...problems.map((problem) => `  ${lineOf(problem)}`),
      ...own.map((note) => `  note: ${note}`),
    ]),
    ...others.map(lineOf),
    ...notes.map((note) => `note: ${note}`),
    wordsOfLooked(haproxy),
  ];
  return `${lines.join('\n')}\n`;
}

/** Whether a HAProxy was asked, in a line. */
export function wordsOfLooked(haproxy: Looked): string {
  return haproxy.looked ? `HAProxy ${haproxy.version} was asked as well` : `HAProxy was not asked: ${haproxy.why}`;
}

function count(problems: number): string {
  return problems === 1 ? '1 problem' : `${problems} problems`;
}

function lineOf(problem: Problem): string {
  return `${told(problem)} (${problem.hint})`;
}

/** Annotations of GitHub's and Forgejo's actions [github: workflow commands]. */
function githubOf({ apps, others, haproxy }: CheckReport): string {
  const annotate = (problem: Problem, who: string, file?: string): string => {
    const where = file === undefined || file === '-' ? '' : `file=${property(file)},`;
    return `::error ${where}title=${property(`${who}: ${problem.code}`)}::${data(lineOf(problem))}`;
  };
  const lines = [
    ...apps.flatMap(({ app, file, problems }) => problems.map((problem) => annotate(problem, app, file))),
    ...others.map((problem) => annotate(problem, 'marathon-lb-ts')),
    ...(haproxy.looked ? [] : [`::notice title=marathon-lb-ts::${data(wordsOfLooked(haproxy))}`]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** A test case for each app, as JUnit's XML has them. */
function junitOf({ apps, others, haproxy }: CheckReport): string {
  const all = [
    ...apps.map(({ app, file, problems }) => ({ name: app, file, problems })),
    ...(others.length === 0 ? [] : [{ name: 'templates and files', file: '', problems: others }]),
  ];
  const failures = all.filter(({ problems }) => problems.length > 0).length;
  const cases = all.map(({ name, file, problems }) => {
    const attributes = `name="${xml(name)}" classname="marathon-lb-ts"${file === '' ? '' : ` file="${xml(file)}"`}`;
    const found = problems.map(
      (problem) => `<failure type="${problem.code}" message="${xml(problem.message)}">${xml(lineOf(problem))}</failure>`,
    );
    return found.length === 0 ? `    <testcase ${attributes}/>` : `    <testcase ${attributes}>${found.join('')}</testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${all.length}" failures="${failures}">`,
    `  <testsuite name="marathon-lb-ts check" tests="${all.length}" failures="${failures}">`,
    ...cases,
    `    <system-out>${xml(wordsOfLooked(haproxy))}</system-out>`,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function xml(text: string): string {
  const bare = text.replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD]/g, '?'); // XML 1.0 has no other characters
  return bare.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
