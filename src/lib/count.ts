/** A number with its noun: '1 task', '3 tasks'. The noun's plural ends in s. */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
