import type { AppId } from '../model/names.ts';
import type { Problem } from '../model/problem.ts';
import type { Front } from '../model/service.ts';
import type { LabelsOfPort } from './read-labels.ts';

/** The Problem for labels of a port that speaks only UDP, because its owner waits for an effect that does not come. */
export function onlyUdp(app: AppId, labels: LabelsOfPort | undefined, index: number): readonly Problem[] {
  const [label, ...more] = labels?.names ?? [];
  if (label === undefined) return [];
  return [
    {
      code: 'label-value',
      owner: { by: 'app', app, index },
      label,
      message: `port ${index} speaks only UDP, which HAProxy does not support, so ${[label, ...more].join(', ')} ${more.length > 0 ? 'have' : 'has'} no effect`,
      hint: "give the port the protocol 'tcp' or 'udp,tcp' if it speaks TCP, or remove the labels",
    },
  ];
}

/** The Problems for paths that hardly any request has as they are written, because their characters stand for themselves. */
export function unlikelyPaths(app: AppId, labels: LabelsOfPort | undefined, index: number): readonly Problem[] {
  const { path, pathType } = labels?.values ?? {};
  if (path === undefined || pathType === 'regex') return [];
  return path.split(' ').flatMap((one): readonly Problem[] => {
    const slip = PATH_SLIPS.find(({ found }) => found.test(one));
    if (slip === undefined) return [];
    const label = `HAPROXY_${index}_PATH`;
    const message = `the path ${JSON.stringify(one)} of ${label} takes hardly any request: ${slip.why}`;
    return [{ code: 'label-value', owner: { by: 'app', app, index }, label, message, hint: slip.hint }];
  });
}

const PATH_SLIPS: readonly { readonly found: RegExp; readonly why: string; readonly hint: string }[] = [
  { found: /\?/, why: "a path ends before the '?' of a request", hint: "leave out the '?' and what follows it" },
  { found: /\*$/, why: "the '*' stands for itself", hint: "leave out the '*': everything that begins with the path is taken" },
  { found: /,\//, why: 'the comma stands for itself', hint: "separate the paths by spaces ('/api /v2')" },
];

/** The Problem for a port whose service port an earlier port of the same app has. */
export function samePort(app: AppId, { port, index: first }: Front, index: number): Problem {
  return {
    code: 'port-conflict',
    owner: { by: 'app', app, index },
    message: `port ${index} has service port ${port}, which port ${first} of the same app has already, so port ${index} is left out`,
    hint: `give the port a different service port with servicePort or HAPROXY_${index}_PORT`,
  };
}

/** The Problem for virtual hosts of a tcp port. marathon-lb 1.15 rendered rules for them that no HAProxy accepts. */
export function vhostInTcp(front: Front, labels: LabelsOfPort | undefined): readonly Problem[] {
  const hosts = labels?.values.hosts ?? [];
  if (front.mode === 'http' || front.passthrough === true || hosts.length === 0) return [];
  return [
    {
      code: 'label-value',
      owner: { by: 'app', app: front.app, index: front.index },
      label: `HAPROXY_${front.index}_VHOST`,
      message: `the virtual host ${hosts.join(', ')} has no effect, because the port is in tcp mode, which has no virtual hosts`,
      hint: `remove HAPROXY_${front.index}_MODE or set it to http; a tcp port is reached by its service port ${front.port}`,
    },
  ];
}
