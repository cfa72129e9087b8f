import { filterInSteps, type Steps } from '../lib/steps.ts';
import type { ProblemCode } from '../model/problem.ts';
import type { LeftOutReason } from '../model/left-out.ts';
import type { Definition } from '../model/snapshot.ts';
import { labelledPorts, type LabelledPort } from './labelled-ports.ts';
import type { ViewLookup } from './view-lookup.ts';
import { naming } from './naming.ts';
import { CLAIM_SENTENCES, type ClaimReason } from './no-answer.ts';
import type { ClaimExplanation, PortExplanation } from './shapes.ts';
import { reasoned } from './tasks.ts';

/** The ports whose labels name a host. To save time, the labels of an app are only read when a HAPROXY_n_VHOST contains the host's name. */
export function* namingHost(lookup: ViewLookup, host: string): Steps<readonly LabelledPort[]> {
  const names = naming(host);
  const has = ({ labels }: Definition): boolean =>
    Object.keys(labels).some((label) => label.endsWith('VHOST') && names(labels[label] ?? ''));
  const apps = yield* filterInSteps(lookup.view.snapshot.apps, ({ definition }) => has(definition));
  return apps
    .flatMap(({ definition }) => labelledPorts(definition, lookup.servedAs(definition.id)))
    .filter(({ hosts }) => hosts.includes(host));
}

/** The ports that ask for a service port. */
export function askingForPort(lookup: ViewLookup, port: number): readonly LabelledPort[] {
  const has = ({ labels, ports }: Definition): boolean =>
    ports.some(({ service }) => service === port) || Object.values(labels).some((text) => text.trim() === String(port));
  return lookup.view.snapshot.apps
    .filter(({ definition }) => has(definition))
    .flatMap(({ definition }) => labelledPorts(definition, lookup.servedAs(definition.id)))
    .filter(({ servicePort }) => servicePort === port);
}

interface ClaimingPort {
  readonly asking: LabelledPort;
  readonly lookup: ViewLookup;
  /** The port as it is served; none where it is left out. */
  readonly port: PortExplanation | undefined;
  /** Why the port does not have what was asked about, although it is rendered. */
  readonly why: ClaimReason;
  /** A text by which a Problem about this claim is recognised: its message contains it. */
  readonly about: string;
}

/** Explains a claim that failed, in the words of the app's Problem about it when there is one. */
export function explainClaim({ asking: { app, author, index }, lookup, port, why, about }: ClaimingPort): ClaimExplanation {
  const leftOut = lookup
    .leftOut(app)
    .filter((one) => one.index === index && one.task === undefined)
    .map((one) => reasoned(one.why));
  const codes = leftOut.flatMap((one) => PROBLEM_OF[one.why] ?? []);
  const own = lookup.problems(author).filter(({ owner }) => owner.by === 'app' && owner.index === index);
  const problem = own.find(({ code }) => codes.includes(code)) ?? own.find(({ message }) => message.includes(about));
  const reason: ClaimReason = port === undefined ? 'left-out' : why;
  const text = problem?.message ?? (port === undefined ? (leftOut[0]?.text ?? CLAIM_SENTENCES[reason]) : CLAIM_SENTENCES[reason]);
  return { app: author, index, why: reason, text, leftOut };
}

/** The Problem code that goes with each reason for leaving a port out; undefined when nobody made a mistake. */
const PROBLEM_OF: Readonly<Record<LeftOutReason, ProblemCode | undefined>> = {
  'own-app': undefined,
  group: undefined,
  disabled: undefined,
  suspended: undefined,
  protocol: 'label-value',
  'no-service-port': 'ports-exhausted',
  refused: 'refused-by-haproxy',
  label: 'label-value',
  'port-conflict': 'port-conflict',
  certificate: 'certificate',
  file: 'file',
  bounds: 'bounds',
  duplicate: undefined,
  state: undefined,
  unhealthy: undefined,
  'health-unknown': undefined,
  'not-ready': undefined,
  'no-address': undefined,
  'no-port': undefined,
  'no-endpoint': undefined,
};
