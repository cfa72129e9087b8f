import type { Command } from 'commander';
import { OPTIONS, type Settings } from '../options/options.ts';
import { addOptions, readSettings } from './commander-options.ts';

/** The flags of `marathon-lb-ts dns`, which runs without HAProxy: all flags of these sections, and two flags of other sections. */
const SECTIONS: readonly string[] = ['Marathon', 'DNS', 'Log'];
const FLAGS: readonly string[] = [OPTIONS.health.flags, OPTIONS.poll.flags];

/** Where it listens when --dns-listen is not given. */
const USUAL: Settings['dnsListen'] = [{ address: '127.0.0.1', port: 8053 }];

/** Adds `marathon-lb-ts dns` to the program; `act` gets the settings. */
export function addDns(program: Command, act: (settings: Settings) => Promise<void>): Command {
  const dns = program
    .command('dns')
    .description("answer DNS for the tasks of all apps, under Mesos-DNS's and DC/OS's names, without HAProxy (docs/dns.md)")
    .allowExcessArguments(false);
  addOptions(dns, ({ section, flags }) => SECTIONS.includes(section) || FLAGS.includes(flags));
  dns.action(() => {
    const settings = readSettings(dns);
    return act(settings.dnsListen.length > 0 ? settings : { ...settings, dnsListen: USUAL });
  });
  return program;
}
