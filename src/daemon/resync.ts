import { setImmediate } from 'node:timers/promises';
import type { Reply } from './control.ts';
import type { Drive, Outcome } from '../drive/parts.ts';
import type { CertificateJudge } from './open-certificates.ts';
import { now } from '../lib/clock.ts';
import { sentence } from '../lib/sentence.ts';
import type { View } from '../model/view.ts';
import type { Settings } from '../options/options.ts';
import type { Source } from '../source/source.ts';
import { statusOf, type Status } from './status.ts';
import type { Views } from './views.ts';

interface Asking {
  readonly source: Source;
  readonly drive: Drive;
  readonly views: Views;
}

/** How far everything is in step. */
export async function askStatus({ source, drive, views, settings }: Asking & { readonly settings: Settings }): Promise<Status> {
  const outcome = await Promise.race([drive.settled(), setImmediate(undefined)]); // what has not ended yet is not waited for
  return statusOf({
    view: views.latest(),
    sentAt: views.sentAt(),
    at: now(),
    everySeconds: settings.poll ?? settings.resyncInterval,
    stream: source.stream(),
    outcome,
  });
}

interface Resync extends Asking {
  readonly certificates: CertificateJudge;
  readonly reason: string;
}

/** Reads everything again, and tells how HAProxy came to have it. Never rejects. */
export async function resync({ source, certificates, drive, views, reason }: Resync): Promise<Reply> {
  try {
    await source.resync(reason);
    await setImmediate(); // the loop absorbs what was told before this turn is over
    await certificates.idle();
    return withHeld(describe(await drive.settled()), views.latest());
  } catch (error) {
    return { ok: false, text: sentence(error) };
  }
}

const OUTCOMES = {
  reload: 'HAProxy has loaded what Marathon said',
  commands: 'HAProxy has taken what Marathon said, without a reload',
  nothing: 'nothing changed',
};

/** HAProxy does not have what Marathon said while it has more. */
function withHeld(reply: Reply, view: View | undefined): Reply {
  const held = view?.problems.find(({ code }) => code === 'losses-held');
  return reply.ok && held !== undefined ? { ok: false, text: `${held.message}; ${held.hint}` } : reply;
}

function describe(outcome: Outcome): Reply {
  if (!outcome.ok) return { ok: false, text: outcome.why };
  return { ok: true, text: OUTCOMES[outcome.by] };
}
