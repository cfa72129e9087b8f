import { count } from '../lib/count.ts';
import type { Step } from './shapes.ts';

/** A silent wait says what it waits for this often, in milliseconds. */
export const REPEAT_MS = 10_000;

/** Where sentences go, and the time in milliseconds. */
interface SayParts {
  readonly say: (sentence: string) => void;
  readonly now: () => number;
}

/** Says each step, and what a wait is for when that changes or ten seconds have passed. */
export function makeStepReporter({ say, now }: SayParts): (step: Step) => void {
  let last = { text: '', at: -Infinity };
  return (step) => {
    const text = describe(step);
    if (step.do === 'wait' && text === last.text && now() - last.at < REPEAT_MS) return;
    last = { text, at: now() };
    say(text);
  };
}

function describe(step: Step): string {
  switch (step.do) {
    case 'wait':
      return `waiting for ${step.for}`;
    case 'kill':
      return `killing ${count(step.tasks.length, 'task')} of ${step.app.id}: ${step.tasks.join(', ')}`;
    case 'scale':
      return `${step.app.id} is scaled from ${step.app.instances} to ${step.instances}`;
    case 'remove':
      return `${step.app.id} is removed; ${step.stays.id} serves alone`;
    case 'turn':
      return `the load balancers are told to drain ${step.leaving}`;
    case 'abort':
    case 'refuse':
    case 'stop':
      return step.why;
    case 'done':
      return step.as;
  }
}
