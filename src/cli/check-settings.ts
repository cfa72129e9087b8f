import type { Settings } from '../options/options.ts';
import { UsageError } from '../lib/usage-error.ts';

/**
 * Returns the settings, or throws a UsageError when they contradict each other. As in marathon-lb, 0 for both service ports means that no app is
 * given one; the range becomes 1 to 0, which holds no port.
 */
export function checkedSettings(settings: Settings): Settings {
  const { group, minServPort, maxServPort } = settings;
  if (group.length === 0)
    throw new UsageError("--group is missing: say which apps to take, as in --group external, or --group '*' for all");
  if ((minServPort === 0) !== (maxServPort === 0))
    throw new UsageError(
      'only one of --min-serv-port-ip-per-task and --max-serv-port-ip-per-task is 0: set both to 0 to give no service ports, or neither',
    );
  if (minServPort > maxServPort)
    throw new UsageError(`--min-serv-port-ip-per-task ${minServPort} is above --max-serv-port-ip-per-task ${maxServPort}`);
  refuseUnclearHaproxy(settings);
  refuseHttp3(settings);
  refuseSharedPorts(settings);
  return minServPort === 0 ? { ...settings, minServPort: 1 } : settings;
}

/** HAProxy is ours, a service's, or one that --command reloads. */
function refuseUnclearHaproxy({ command, haproxySocket, haproxyMasterSocket, stopHaproxy, holdListeners }: Settings): void {
  if (holdListeners && (command !== undefined || haproxyMasterSocket !== undefined))
    throw new UsageError(
      '--hold-listeners is for a HAProxy that this daemon starts: leave it out beside --command and --haproxy-master-socket',
    );
  if (haproxySocket !== undefined && command === undefined && haproxyMasterSocket === undefined)
    throw new UsageError(
      '--haproxy-socket is the socket of a HAProxy that is not ours: give --command or --haproxy-master-socket with it, or leave it out',
    );
  if (haproxyMasterSocket === undefined) return;
  if (command !== undefined)
    throw new UsageError('--command and --haproxy-master-socket each say how HAProxy is reloaded: give one of the two flags');
  if (stopHaproxy)
    throw new UsageError("--stop-haproxy ends our own HAProxy; that of --haproxy-master-socket is a service's: leave out --stop-haproxy");
}

/**
 * HTTP/3 is of the one shared https frontend, and browsers ask for several hosts on one connection, which only the Host header tells apart. Load
 * balancers that speak the PROXY protocol hand on TCP.
 */
function refuseHttp3({ http3, httpsRouting, groupHttpsByVhost, dontBindHttpHttps, acceptProxy }: Settings): void {
  if (!http3) return;
  const others = [
    ...(httpsRouting === 'sni' ? ['--https-routing sni'] : []),
    ...(groupHttpsByVhost ? ['--group-https-by-vhost'] : []),
    ...(dontBindHttpHttps ? ['--dont-bind-http-https'] : []),
    ...(acceptProxy.length > 0 ? ['--accept-proxy'] : []),
  ];
  if (others[0] !== undefined) throw new UsageError(`--http3 can't be with ${others[0]}: remove one of the two`);
}

/** HAProxy would share the traffic of a port among two frontends that bind it, and a port of the daemon's own would stay taken for ever. */
function refuseSharedPorts(settings: Settings): void {
  const owners = new Map<number, string>();
  for (const [flag, port] of portsOf(settings)) {
    const other = owners.get(port);
    if (other !== undefined) throw new UsageError(`${other} and ${flag} are both port ${port}: each needs a port of its own`);
    owners.set(port, flag);
  }
}

/** The ports of the load balancer's own that are bound on the same address, each with its flag. */
function portsOf(settings: Settings): readonly (readonly [flag: string, port: number])[] {
  const { statsPort, httpPort, httpsPort, appIdPort, dontBindHttpHttps, bindAddress, adminAddress } = settings;
  const shared = [
    ['--http-port', httpPort],
    ['--https-port', httpsPort],
    ['--app-id-port', appIdPort],
  ] as const;
  const admin = adminAddress === 'off' ? undefined : adminAddress; // the usual one may be taken, and the socket answers alone then
  const meets = admin !== undefined && ['*', '0.0.0.0', '::', admin.address].includes(bindAddress);
  return [['--stats-port', statsPort], ...(dontBindHttpHttps ? [] : shared), ...(meets ? [['--admin-address', admin.port] as const] : [])];
}
