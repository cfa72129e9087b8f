import type { Problem } from '../model/problem.ts';

/** What a Problem says, behind the label that it is about, where its sentence does not begin with the label itself. */
export function told({ label, message }: Pick<Problem, 'label' | 'message'>): string {
  return label === undefined || message.startsWith(`${label} `) ? message : `${label}: ${message}`;
}
