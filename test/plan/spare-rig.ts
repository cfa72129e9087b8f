import { makeRenderer } from '../../src/haproxy/document.ts';
import { type DocumentSettings } from '../../src/haproxy/settings.ts';
import type { Document, Plan, Running } from '../../src/model/document.ts';
import type { Front, Service } from '../../src/model/service.ts';
import { applyAnswers } from '../../src/plan/apply-answers.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { front, OPTIONS, server, service, settings, templatesWith } from '../haproxy/make.ts';
import { R26 } from './plan-rows.ts';

/** Renders documents with two spare backends of each class. */
export function rendererOf(given: Partial<DocumentSettings> = {}): (services: readonly Service[]) => Document {
  const render = makeRenderer(templatesWith(), settings({ spareBackends: 2, ...given }));
  return (services) => render(services, R26).document;
}

/** An app with a virtual host of its name and no service port, and with one task. */
export function app(
  name: string,
  port: number,
  { options = OPTIONS, tasks = 1, ...given }: Partial<Front> & { options?: typeof OPTIONS; tasks?: number } = {},
): Service {
  const routes = [{ host: `${name}.acme.org`, path: undefined }];
  const servers = Array.from({ length: tasks }, (_, i) => server(31000 + port - 10000 + i, { checked: options.check !== undefined }));
  return service(front({ app: `/${name}`, port, bind: undefined, routes, ...given }), servers, options);
}

export const [SHOP, CART, BLOG] = [app('shop', 10000), app('cart', 10001), app('blog', 10002)];

/** The commands without the long words that depend on the release. */
export function sent({ commands }: Plan): readonly string[] {
  return commands.map(({ text }) => text.replace(/marathon_lb_spare_[0-9a-f]+_/g, 'spare_').replace(/ pool-.*/, ''));
}

/** What HAProxy runs when it has taken all commands of a plan. */
export function take(running: Running, wanted: Document, { commands, toward = wanted }: Plan): Running {
  return applyAnswers({ running, wanted: toward, commands, answers: commands.map(() => ({ taken: true, answer: '' })) });
}

/** Plans one after the other, as the daemon does. */
export function planner() {
  const plan = makePlan({ mapFolder: '/etc/haproxy' });
  return (running: Running, wanted: Document, release = R26): Plan => plan({ running, wanted, release });
}
