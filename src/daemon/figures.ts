import type { Meter, SampleGauges, SetGauge } from '../admin/metrics.ts';
import { makeProcessFigures } from '../admin/process-figures.ts';
import { makeViewFigures, setRunningFigures } from '../admin/view-figures.ts';
import type { ReplyMeter } from '../dns/answers/measured.ts';
import { inTime } from '../lib/deadline.ts';
import type { News } from '../model/news.ts';
import type { State } from '../snapshot/state.ts';
import type { RequestMeter } from '../source/metered.ts';
import { answerCondition, type Informants } from './control-answers.ts';
import type { CertificateJudge } from './open-certificates.ts';
import type { Reached } from './reach-haproxy.ts';
import type { Recorder } from './recorder.ts';

/** Counts requests to Marathon. */
export function requestMeter({ count, observe }: Meter): RequestMeter {
  return {
    ended: (code, seconds) => {
      count('requests', { code });
      observe('requestSeconds', seconds);
    },
    read: (bytes) => {
      count('readBytes', {}, bytes);
    },
  };
}

/** Counts DNS queries. */
export function dnsMeter({ count, observe }: Meter): ReplyMeter {
  return (type, result, seconds) => {
    count('dnsQueries', { type, result });
    observe('dnsSeconds', seconds);
  };
}

/** The same `absorb`; news that has changed what is known is told. */
export function reporting(absorb: (state: State, news: News) => State, absorbed: (news: News) => void): typeof absorb {
  return (state, news) => {
    const next = absorb(state, news);
    if (next !== state) absorbed(news);
    return next;
  };
}

/** What the gauges of a daemon are set from. */
interface Measured extends Informants {
  readonly recorder: Recorder;
  readonly reached: Reached;
  readonly certificates: Pick<CertificateJudge, 'idle' | 'expiries'>;
}

/** Sets every gauge to its value of now. */
export function makeSample(parts: Measured): SampleGauges {
  const { source, drive, views, recorder, reached, certificates } = parts;
  const [setViewFigures, setProcessFigures] = [makeViewFigures(), makeProcessFigures(recorder.metrics)];
  return async (set) => {
    const { syncedAt = 0, isUp, haproxy } = answerCondition(parts);
    set('lastSync', syncedAt / 1000);
    set('lastApply', (recorder.appliedAt() ?? 0) / 1000);
    set('streamConnected', source.stream().attached ? 1 : 0);
    set('inSync', haproxy.state === 'as-wanted' ? 1 : 0);
    set('up', isUp ? 1 : 0);
    await setViewFigures(views.latest(), set);
    setRunningFigures(drive.running(), set);
    set('quarantined', recorder.quarantined());
    set('listeners', recorder.hub.listeners());
    for (const [file, expires] of certificates.expiries()) set('certificateExpiry', expires / 1000, { file });
    await Promise.all([setProcessFigures(set), setWorkers(reached, set)]);
  };
}

/** Asks HAProxy for its workers when somebody reads the metrics. If it does not answer in time, the figure is left out. */
const WORKERS_MS = 500;

async function setWorkers({ master }: Reached, set: SetGauge): Promise<void> {
  const pids = await inTime(master?.pids() ?? Promise.resolve([]), { ms: WORKERS_MS, what: 'asking HAProxy' }).catch(() => undefined);
  if (pids !== undefined) set('oldWorkers', Math.max(0, pids.length - 2)); // beside the master and the worker that serves
}
