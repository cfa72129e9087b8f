/** Returns a function that says whether a text contains a host's name, in upper or lower case. A pattern makes no lower-case copy of each text. */
export function naming(host: string): (text: string) => boolean {
  const pattern = new RegExp(host.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'), 'i');
  return (text) => pattern.test(text);
}
