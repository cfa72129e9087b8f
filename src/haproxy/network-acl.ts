/** One `acl` for each network: a line of HAProxy's has room for 64 words. */
export function networkAcl(name: string, networks: readonly string[]): readonly string[] {
  return networks.map((network) => `acl ${name} src ${network}`);
}
