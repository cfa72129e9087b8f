import type { AppId } from '../model/names.ts';
import type { App } from '../model/snapshot.ts';
import { explainLabels } from './labels.ts';
import { ofLoadBalancer } from './load-balancer.ts';
import type { ViewLookup } from './view-lookup.ts';
import { explainPorts } from './ports.ts';
import type { AppExplanation } from './shapes.ts';
import { describeCheck, explainTasks } from './tasks.ts';

/** An app, or a deployment group, by its id; undefined where there is neither. */
export function explainApp(lookup: ViewLookup, id: AppId): AppExplanation | undefined {
  const app = lookup.app(id) ?? lookup.members(id)[0];
  return app === undefined ? undefined : explain(lookup, app, id);
}

function explain(lookup: ViewLookup, app: App, asked: AppId): AppExplanation {
  const servedAs = asked === app.id ? lookup.servedAs(app.id) : asked;
  const members = asked === app.id ? [app] : lookup.members(asked);
  const parts = { services: lookup.services(servedAs), leftOut: lookup.leftOut(servedAs) };
  const ports = explainPorts(servedAs, lookup);
  const problems = members.flatMap(({ id }) => lookup.problems(id));
  return {
    kind: 'app',
    app: asked,
    served: ports.some(({ served }) => served),
    servedAs: servedAs === asked ? null : servedAs,
    instances: members.reduce((sum, { instances }) => sum + instances, 0),
    network: app.definition.network,
    ports,
    tasks: members.flatMap((member) => explainTasks(member, parts)),
    checks: app.definition.checks.map(describeCheck),
    labels: explainLabels(app.definition, problems),
    problems,
    loadBalancer: ofLoadBalancer(lookup.view),
  };
}
