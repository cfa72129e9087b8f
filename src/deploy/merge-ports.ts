import type { BalancerServer } from './shapes.ts';

/** A task with several ports serves when all of its ports do, and drains when none of them gets requests. */
export function mergePorts(one: BalancerServer | undefined, other: BalancerServer): BalancerServer {
  if (one === undefined) return other;
  return {
    serving: one.serving && other.serving,
    draining: one.draining && other.draining,
    sessions: one.sessions + other.sessions,
    requests: one.requests + other.requests,
    errors: one.errors + other.errors,
    answerMs: Math.max(one.answerMs, other.answerMs),
  };
}
