import { expect } from '@jest/globals';
import { makeRenderer } from '../../src/haproxy/document.ts';
import type { DocumentSettings } from '../../src/haproxy/settings.ts';
import type { Document, Plan, Running } from '../../src/model/document.ts';
import type { Front, Service } from '../../src/model/service.ts';
import { applyAnswers } from '../../src/plan/apply-answers.ts';
import { planDeletions } from '../../src/plan/plan-deletions.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { front, OPTIONS, server, service, settings, templatesWith } from '../haproxy/make.ts';

/** The release for which all of this is planned. */
const R34 = { major: 3, minor: 4 };
/** The commands that make the cart's backend with its server, and those that take it away, with and without its rows. */
export const CART_MADE = [
  'add backend cart_10001 from class',
  'add server cart_10001/10_0_0_1_31001 10.0.0.1:31001 id 31001',
  'enable server cart_10001/10_0_0_1_31001',
  'publish backend cart_10001',
];
export const CART_GONE = ['unpublish backend cart_10001', 'set server cart_10001/10_0_0_1_31001 state maint'];
export const [HOSTS, APPS, SPARES] = ['/etc/haproxy/domain2backend.map', '/etc/haproxy/app2backend.map', '/etc/haproxy/spares.map'];
export const ROWS_AWAY = [`del map ${HOSTS} cart.acme.org`, `del map ${APPS} /cart`];

/** Renders documents of a HAProxy that makes backends. */
export function rendererOf(given: Partial<DocumentSettings> = {}, texts = {}): (services: readonly Service[]) => Document {
  const render = makeRenderer(templatesWith(texts), settings({ spareBackends: 2, ...given }));
  return (services) => render(services, R34).document;
}

/** An app with a virtual host of its name and no service port, and with one task. */
export function app(
  name: string,
  port: number,
  { options = OPTIONS, ...given }: Partial<Front> & { options?: typeof OPTIONS } = {},
): Service {
  const routes = [{ host: `${name}.acme.org`, path: undefined }];
  const servers = [server(31000 + port - 10000, { checked: options.check !== undefined })];
  return service(front({ app: `/${name}`, port, bind: undefined, routes, ...given }), servers, options);
}

export const [SHOP, CART, BLOG] = [app('shop', 10000), app('cart', 10001), app('blog', 10002)];

/** The commands, without the hash in the name of a class. */
export function sent({ commands }: Pick<Plan, 'commands'>): readonly string[] {
  return commands.map(({ text }) => text.replace(/marathon_lb_class_[0-9a-f]+/g, 'class'));
}

/** What HAProxy runs after a plan, of which it refuses at most one command. */
export function take(running: Running, wanted: Document, { commands, toward = wanted }: Plan, refused?: string, answer = ''): Running {
  const answers = commands.map(({ text }) => ({ taken: text !== refused, answer: text === refused ? answer : '' }));
  return applyAnswers({ running, wanted: toward, commands, answers });
}

/** Takes the commands of a plan, and expects that nothing is left. */
export function arrive(running: Running, wanted: Document): Running {
  const way = plan(running, wanted);
  expect(way.reload).toEqual([]);
  const next = take(running, wanted, way);
  expect(plan(next, wanted).commands).toEqual([]);
  return next;
}

/** A plan of how to get from what HAProxy runs to a document. */
export function plan(running: Running, wanted: Document): Plan {
  return makePlan({ mapFolder: '/etc/haproxy' })({ running, wanted, release: R34 });
}

/** Deletes the servers that are stopped, and the backends after them. */
export function sweep(running: Running, wanted: Document, refused?: string, answer?: string): Running {
  const commands = planDeletions(running, new Set(running.exceptions.keys()));
  return take(running, wanted, { commands, reload: [] }, refused, answer);
}
