/** A read that has not started yet: its first reason, how many more requests joined it, and when the first one came. */
export interface PendingRead {
  readonly reason: string;
  readonly at: number;
  more: number;
}

/** For the log: `status_update_event TASK_KILLED /nginx and 4 more`. */
export function reasonOf({ reason, more }: PendingRead): string {
  return more === 0 ? reason : `${reason} and ${more} more`;
}
