import type { Command } from 'commander';
import { OPTIONS, type Settings } from '../options/options.ts';
import { addOptions, readSettings } from './commander-options.ts';

/** The flags of `marathon-lb-ts dns`, which runs without HAProxy: all flags of these sections, and some of other sections. */
const SECTIONS: readonly string[] = ['Marathon', 'DNS', 'Log'];
const OTHERS = [OPTIONS.health, OPTIONS.poll, OPTIONS.adminAddress, OPTIONS.adminHost, OPTIONS.maxStaleness] as const;
const FLAGS: readonly string[] = OTHERS.map(({ flags }) => flags);

/** Where it listens when --dns-listen is not given. */
const USUAL: Settings['dnsListen'] = [{ address: '127.0.0.1', port: 8053 }];

/** Adds `marathon-lb-ts dns` to the program; `act` gets the settings. */
export function addDns(program: Command, act: (settings: Settings) => Promise<void>): Command {
  const dns = program
    .command('dns')
    .description("answer DNS for the tasks of all apps, under Mesos-DNS's and DC/OS's names, without HAProxy (docs/dns.md)")
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      '\nHealth and metrics are answered only where --admin-address is given: without HAProxy there is no run folder for a socket.',
    );
  addOptions(dns, ({ section, flags }) => SECTIONS.includes(section) || FLAGS.includes(flags));
  dns.action(() => {
    const settings = readSettings(dns);
    return act(settings.dnsListen.length > 0 ? settings : { ...settings, dnsListen: USUAL });
  });
  return program;
}
