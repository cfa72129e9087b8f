import type { AnswerExplanation, ClaimExplanation, RouteExplanation } from '../../explain/shapes.ts';
import { ask, pathOf } from './ask.ts';
import type { Address } from './address.ts';
import { find, make, patch, type ElementContent } from './elements.ts';
import { counted } from './words.ts';

/** The form that asks for the way of one request. */
export interface WayForm {
  /** Asks again for what the form says, and does nothing where it says nothing. */
  readonly refresh: () => Promise<void>;
  /** Takes over what the address bar says. */
  readonly follow: () => void;
}

/** The form, filled from the address bar. `openApp`: shows the details of an app. */
export function makeWay(address: Address, openApp: (app: string) => void): WayForm {
  const [host, path] = [find('way-host', HTMLInputElement), find('way-path', HTMLInputElement)];
  const answer = find('way-answer', HTMLElement);
  const refresh = async (): Promise<void> => {
    const asked = { host: host.value.trim(), path: path.value.trim() };
    if (asked.host === '') {
      patch(answer);
      return;
    }
    const query = [['host', asked.host] as const, ['path', asked.path === '' ? '/' : asked.path] as const];
    try {
      patch(answer, ...explained(await ask<RouteExplanation>(pathOf('v1/routes', query)), openApp));
    } catch (error) {
      patch(answer, make('p', { class: 'fault' }, error instanceof Error ? error.message : 'there is no answer'));
    }
  };
  find('way-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    takeUrl(host, path);
    address.change({ host: host.value.trim(), path: path.value.trim() });
    void refresh();
  });
  const follow = (): void => {
    ({ host: host.value, path: path.value } = address.shown());
    void refresh();
  };
  return { refresh, follow };
}

/** Somebody may paste a whole address into the field of the host. */
function takeUrl(host: HTMLInputElement, path: HTMLInputElement): void {
  const text = host.value.trim();
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return;
  const url = new URL(text);
  host.value = url.hostname;
  path.value = url.pathname;
}

function explained(route: RouteExplanation, openApp: (app: string) => void): readonly ElementContent[] {
  const { http, https, others, nearest } = route;
  return [
    make('p', { class: 'way-sum', 'data-mood': route.served ? 'good' : 'bad' }, route.served ? 'A server answers.' : 'No server answers.'),
    http === null ? undefined : answerOf('http', http, openApp),
    https === null ? undefined : answerOf('https', https, openApp),
    others.length === 0 ? undefined : othersOf(others, openApp),
    nearest.length === 0 ? undefined : make('p', {}, `No app names this host. The nearest are: ${nearest.join(', ')}.`),
  ];
}

const ACTIONS = {
  backend: 'goes to a backend',
  redirect: 'is redirected',
  deny: 'is denied',
  nothing: 'is taken by no rule',
} as const satisfies Record<AnswerExplanation['action'], string>;

function answerOf(scheme: string, answer: AnswerExplanation, openApp: (app: string) => void): HTMLElement {
  const { action, served, rule, labels, backend, split, port, auth, text, unsure } = answer;
  const steps: readonly ElementContent[] = [
    rule === null ? undefined : make('li', {}, `in ${rule.where}: `, make('code', {}, rule.line.trim())),
    labels.length === 0 ? undefined : make('li', {}, 'by ', ...codes(labels)),
    unsure.length === 0 ? undefined : make('li', {}, `${counted(unsure.length, 'rule')} before that can't be judged here`),
    backend === null ? undefined : make('li', {}, 'to the backend ', make('code', {}, backend)),
    split.length === 0
      ? undefined
      : make('li', {}, `as one of a split: ${split.map((one) => `${one.backend} ${one.percent} %`).join(', ')}`),
    port === null ? undefined : make('li', {}, 'of ', appButton(port.author, openApp), serversOf(port.servers)),
    auth ? make('li', {}, 'after a user and password') : undefined,
    text === null ? undefined : make('li', { class: 'fault' }, text),
  ];
  return make(
    'div',
    { class: 'way-answer', 'data-mood': served ? 'good' : 'bad' },
    make('h3', {}, `${scheme}: the request ${ACTIONS[action]}`),
    make('ol', {}, steps),
  );
}

function codes(labels: readonly string[]): readonly ElementContent[] {
  return labels.flatMap((label, i) => [i > 0 ? ', ' : undefined, make('code', {}, label)]);
}

function serversOf(servers: readonly { readonly address: string; readonly port: number }[]): string {
  if (servers.length === 0) return ', which has no server';
  const [first, ...others] = servers.slice(0, 3).map(({ address, port }) => `${address}:${port}`);
  const more = servers.length > 3 ? ` and ${servers.length - 3} more` : '';
  return `, with ${counted(servers.length, 'server')}: ${[first, ...others].join(', ')}${more}`;
}

function othersOf(others: readonly ClaimExplanation[], openApp: (app: string) => void): HTMLElement {
  const items = others.map(({ app, index, text }) => make('li', {}, appButton(app, openApp), ` (port ${index}): ${text}`));
  return make('div', {}, make('h3', {}, 'Others that name the host'), make('ul', {}, items));
}

function appButton(app: string, openApp: (app: string) => void): HTMLElement {
  const open = (): void => {
    openApp(app);
  };
  return make('button', { type: 'button', class: 'link', onclick: open }, app);
}
