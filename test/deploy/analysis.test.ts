import { expect, test } from '@jest/globals';
import { makeAnalysis, readLimits } from '../../src/deploy/analysis.ts';
import type { Group, BalancerServer } from '../../src/deploy/shapes.ts';
import { balancer, colour, facts, UP } from './facts.ts';

test.each([
  ['errors<1%', [{ what: 'errors', below: 1 }]],
  [' errors < 0.5% , mean<200ms', [{ what: 'errors', below: 0.5 }, { what: 'mean', below: 200 }]], // prettier-ignore
  ['p95<0.3s', [{ what: 'p95', below: 300 }]],
  ['mean<2s,p95<2500ms,errors<100%', [{ what: 'mean', below: 2000 }, { what: 'p95', below: 2500 }, { what: 'errors', below: 100 }]], // prettier-ignore
])('%s is read', (text, limits) => {
  expect(readLimits(text)).toMatchObject(limits);
});

const FORMS = "'errors<1%', 'mean<200ms' or 'p95<0.3s' is wanted, or several of them with commas between";

test.each([
  ['', `--analysis '' can't be read: ${FORMS}`],
  ['errors', `--analysis 'errors' can't be read: ${FORMS}`],
  ['errors<1%,', `--analysis '' can't be read: ${FORMS}`],
  ['errors>1%', `--analysis 'errors>1%' can't be read: ${FORMS}`],
  ['errors<=1%', `--analysis 'errors<=1%' can't be read: ${FORMS}`],
  ['p99<1s', `--analysis 'p99<1s' can't be read: ${FORMS}`],
  ['errors<-1%', `--analysis 'errors<-1%' can't be read: ${FORMS}`],
  ['p95<1e3ms', `--analysis 'p95<1e3ms' can't be read: ${FORMS}`],
  ['errors<1ms', "--analysis 'errors<1ms' can't be read: errors is a percentage of the requests, as in errors<1%"],
  ['errors<1%,p95<3%', "--analysis 'p95<3%' can't be read: p95 is a time in ms or s, as in p95<300ms"],
  ['mean<0ms', "--analysis 'mean<0ms' can't be read: nothing is less than 0, so every version would be taken back"],
  ['errors<101%', "--analysis 'errors<101%' can't be read: more than 100% of the requests never fail"],
])('%j is refused with one sentence', (text, message) => {
  expect(() => readLimits(text)).toThrow(expect.objectContaining({ message, exitCode: 2 }));
});

/** Figures of a server: requests, errors, and the mean answer time. */
type Row = readonly [requests: number, errors: number, answerMs: number];

const [OLD, YOUNG] = [colour('/blue', 2), colour('/green', 2)];
const GROUP: Group = facts({ apps: [OLD, YOUNG], balancers: [] }).group;

/** Looks with these figures of the tasks, one after the other; the verdict of the last look. */
function judged(limits: string, looks: readonly (Readonly<Record<string, Row>> | readonly Readonly<Record<string, Row>>[])[]) {
  const analysis = makeAnalysis(readLimits(limits));
  const verdicts = looks.map((look) => {
    const all = Array.isArray(look) ? (look as readonly Readonly<Record<string, Row>>[]) : [look as Readonly<Record<string, Row>>];
    const balancers = all.map((rows, i) => balancer(Object.fromEntries(Object.entries(rows).map(serverOf)), `10.0.0.${i}:9090`));
    return analysis.judge(GROUP, balancers);
  });
  return { verdict: verdicts.at(-1), doubt: analysis.doubt() };
}

function serverOf([task, [requests, errors, answerMs]]: readonly [string, Row]): readonly [string, BalancerServer] {
  return [task, { ...UP, requests, errors, answerMs }];
}

test('errors: the share of the requests of all tasks on all load balancers; the limit itself is broken', () => {
  const rows = (errors: number) => [{ '/green.1': [50, errors, 1], '/green.2': [20, 0, 1] }, { '/green.1': [30, 0, 1] }] as const;
  expect(judged('errors<2%', [rows(1)])).toEqual({ verdict: undefined, doubt: undefined });
  expect(judged('errors<2%', [rows(2)]).verdict).toBe(
    'the analysis wants errors<2%: /green has errors of 2% in 100 requests, and /blue of 0% in 0 requests',
  );
});

test('mean: over the requests, so that a server with few of them counts little', () => {
  const rows = { '/green.1': [90, 0, 100], '/green.2': [10, 0, 1000] } as const;
  expect(judged('mean<191ms', [rows]).verdict).toBeUndefined();
  expect(judged('mean<0.19s', [rows]).verdict).toBe(
    'the analysis wants mean<0.19s: /green has a mean of 190 ms in 100 requests, and /blue of 0 ms in 0 requests',
  );
});

test('p95: the average of a server at a look, which 95 of 100 requests do not exceed', () => {
  const slow = (requests: number) => ({ '/green.1': [100 - requests, 0, 100], '/green.2': [requests, 0, 900] }) as const;
  expect(judged('p95<300ms', [slow(5)]).verdict).toBeUndefined();
  expect(judged('p95<300ms', [slow(6)]).verdict).toContain('/green has a p95 of 900 ms in 100 requests');
});

test('no traffic, or little of it: nothing is said against the new app, and the doubt is told', () => {
  const doubt = 'the analysis judged nothing: /green had 0 requests during the deployment, and 20 are needed';
  expect(judged('errors<1%,mean<1ms,p95<1ms', [{}, { '/green.1': [0, 0, 0] }])).toEqual({ verdict: undefined, doubt });
  expect(judged('errors<1%', [{ '/green.1': [19, 19, 1] }])).toMatchObject({ verdict: undefined, doubt: doubt.replace('had 0', 'had 19') });
  expect(judged('errors<1%', [{ '/green.1': [20, 20, 1] }])).toMatchObject({ verdict: expect.stringContaining('100%'), doubt: undefined });
});

test('a limit that the old app breaks as well says nothing against the new one, whichever of the limits it is', () => {
  const before = { '/blue.1': [1000, 900, 5] } as const;
  const after = (blue: Row) => ({ '/blue.1': blue, '/green.1': [100, 10, 5] }) as const;
  expect(judged('errors<1%', [before, after([1100, 950, 5])]).verdict).toBeUndefined();
  expect(judged('errors<1%', [before, after([1100, 900, 5])]).verdict).toContain(
    '/green has errors of 10% in 100 requests, and /blue of 0% in 100',
  );
  expect(judged('errors<1%,mean<5ms', [before, after([1100, 900, 5])]).verdict).toContain('errors<1%');
  expect(judged('mean<5ms,errors<1%', [before, after([1100, 900, 5])]).verdict).toContain('errors<1%');
});

test('what the old app did before the run does not count, and few requests of it are no excuse', () => {
  expect(
    judged('errors<1%', [{ '/blue.1': [1e6, 5e5, 5] }, { '/blue.1': [1e6 + 19, 5e5 + 19, 5], '/green.1': [100, 10, 5] }]).verdict,
  ).toContain('/blue of 100% in 19 requests');
});

test('HAProxy counts from 0 after a reload, and a task that was killed is not forgotten', () => {
  const looks = [{ '/green.1': [15, 0, 5], '/green.2': [10, 3, 5] }, { '/green.1': [5, 0, 5] }, { '/green.1': [5, 0, 5] }] as const;
  expect(judged('errors<10%', looks).verdict).toBe(
    'the analysis wants errors<10%: /green has errors of 10% in 30 requests, and /blue of 0% in 0 requests',
  );
});

test('a load balancer that does not answer, and a group with one app, say nothing', () => {
  const analysis = makeAnalysis(readLimits('errors<1%'));
  expect(analysis.judge(GROUP, [{ name: '10.0.0.1:9090', why: 'connection refused' }])).toBeUndefined();
  expect(analysis.judge({ ...GROUP, apps: [OLD] }, [])).toBeUndefined();
});
