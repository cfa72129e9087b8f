import { BindsTaken, bindsOf } from './apply/binds.ts';
import { findBlame } from './apply/blame.ts';
import type { DriveParts } from './apply/drive-parts.ts';
import type { Files } from './apply/files.ts';
import { ReloadRefused } from './apply/haproxy.ts';
import { describeBlame } from './apply/refusal.ts';
import { ownerKey } from './haproxy/owners.ts';
import type { Blame } from './haproxy/refusals.ts';
import { rowsOf } from './haproxy/rows.ts';
import type { Logger } from './lib/logger.ts';
import type { View } from './loop.ts';
import type { Document } from './model/document.ts';
import type { News } from './model/news.ts';
import type { Quarantined, TakenBind } from './model/quarantine.ts';
import type { Service } from './model/service.ts';
import { writtenOf } from './services/quarantine.ts';

interface Parts {
  readonly files: Pick<Files, 'check'>;
  readonly tell: (news: News) => void;
  /** The view that a document is of. */
  readonly viewOf: (document: Document) => View | undefined;
  readonly log: Logger;
}

/** What HAProxy does not take becomes News: whose ports are left out therefore, and what only the operator can mend. */
export function makeRefused({ files, tell, viewOf, log }: Parts): DriveParts['refused'] {
  return async (refusal, candidate, good) => {
    const services = viewOf(candidate)?.services ?? [];
    if ('error' in refusal && refusal.error instanceof BindsTaken) {
      const isOfService = ({ port }: TakenBind): boolean => services.some(({ front }) => front.bind?.port === port);
      const binds = refusal.error.binds.filter(isOfService);
      const blamed = blameBinds(
        candidate,
        refusal.error.binds.filter((bind) => !isOfService(bind)),
      );
      const quarantined = services.flatMap((service) => quarantine(service, blamed));
      if (binds.length > 0) tell({ kind: 'taken', at: Date.now(), binds });
      if (quarantined.length > 0) tell({ kind: 'refused', at: Date.now(), problems: [], quarantined });
      return binds.length + quarantined.length > 0;
    }
    const lines = 'lines' in refusal ? refusal.lines : refusal.error instanceof ReloadRefused ? refusal.error.lines : [];
    if (lines.length === 0) return false;
    const finding = await findBlame({
      document: candidate,
      good,
      lines,
      check: (document) => files.check(document),
      ...('error' in refusal && { budget: 0 }), // it has passed `haproxy -c`: only the words of the reload can name somebody
    });
    const quarantined = services.flatMap((service) => quarantine(service, finding.blamed));
    const { operator, unknown } = finding;
    const isTold = quarantined.length > 0 && operator.length === 0 && unknown.length === 0;
    const problems = isTold || 'error' in refusal ? [] : describeBlame({ blamed: [], operator, unknown });
    log.debug({ blamed: quarantined.map(({ app, index }) => `${app} ${index}`), runs: finding.runs }, 'HAProxy does not take a candidate');
    tell({ kind: 'refused', at: Date.now(), problems, quarantined });
    return quarantined.length > 0;
  };
}

/** Whose own lines bind what can't be had, beside the ports that services are given. */
function blameBinds(document: Document, binds: readonly TakenBind[]): readonly Blame[] {
  if (binds.length === 0) return [];
  return rowsOf(document).flatMap(({ fragment: { owner, template, label, text } }) => {
    if (owner.by === 'operator') return [];
    const own = bindsOf(text);
    const taken = binds.find(({ address, port }) => own.some((one) => one.address === address && one.port === port));
    return taken === undefined ? [] : [{ owner, words: taken.why, template, ...(label !== undefined && { label }) }];
  });
}

/** A port that is to blame, as it is now. */
function quarantine(service: Service, blamed: readonly Blame[]): readonly Quarantined[] {
  const { app, index } = service.front;
  const key = ownerKey({ by: 'app', app, index });
  const its = blamed.filter(({ owner }) => ownerKey(owner) === key);
  return its.length === 0
    ? []
    : [{ app, index, of: writtenOf(service), problems: describeBlame({ blamed: its, operator: [], unknown: [] }) }];
}
