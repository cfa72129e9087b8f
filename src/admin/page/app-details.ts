import type { AppExplanation, PortExplanation, TaskExplanation } from '../../explain/shapes.ts';
import type { Address } from './address.ts';
import { ask } from './ask.ts';
import { fill, find, make, patch, say, type ElementContent } from './elements.ts';
import { serverTable } from './server-table.ts';
import type { ServersShape } from './shapes.ts';
import { counted } from './words.ts';

/** The details of one app, in a window over the page. */
export interface Details {
  readonly open: (app: string) => void;
  /** Reads the open app again; does nothing where none is open. */
  readonly refresh: () => Promise<void>;
  /** Takes over what the address bar says. */
  readonly follow: () => void;
}

/** The window, closed at first. */
export function makeDetails(address: Address): Details {
  const dialog = find('details', HTMLDialogElement);
  let shown = '';
  const refresh = async (): Promise<void> => {
    const id = shown;
    if (id === '') return;
    const content = await contentOf(id);
    if (id === shown) patch(find('details-body', HTMLElement), ...content);
  };
  const show = (app: string): void => {
    shown = app;
    if (app === '') {
      dialog.close();
      return;
    }
    say(find('details-title', HTMLElement), app);
    fill(find('details-body', HTMLElement), make('p', {}, 'Asking …'));
    if (!dialog.open) dialog.showModal();
    void refresh();
  };
  whenClosed(dialog, () => {
    if (shown === '') return;
    shown = '';
    address.change({ app: '' }, 'step');
  });
  const open = (app: string): void => {
    address.change({ app }, 'step');
    show(app);
  };
  const follow = (): void => {
    const { app } = address.shown();
    if (app !== shown) show(app);
  };
  return { open, refresh, follow };
}

/** By its button, by Escape, or by a click beside it. */
function whenClosed(dialog: HTMLDialogElement, closed: () => void): void {
  const close = (): void => {
    dialog.close();
  };
  dialog.addEventListener('close', closed);
  find('details-close', HTMLButtonElement).addEventListener('click', close);
  dialog.addEventListener('click', ({ target }) => {
    if (target === dialog) close();
  });
}

async function contentOf(id: string): Promise<readonly ElementContent[]> {
  try {
    const app = await ask<AppExplanation>(`v1/apps${id.split('/').map(encodeURIComponent).join('/')}`);
    const figures = await Promise.all(app.ports.map(serversOf));
    return [summaryOf(app), problemsOf(app), ...app.ports.map((port, i) => portOf(port, figures[i])), tasksOf(app.tasks), labelsOf(app)];
  } catch (error) {
    return [make('p', { class: 'fault' }, error instanceof Error ? error.message : 'there is no answer')];
  }
}

/** What HAProxy says of a port's servers; undefined where it says nothing now. */
async function serversOf({ backend }: PortExplanation): Promise<ServersShape | undefined> {
  if (backend === null) return undefined;
  return ask<ServersShape>(`v1/stats/${encodeURIComponent(backend)}`).catch(() => undefined);
}

function summaryOf({ served, servedAs, instances, tasks, network, checks }: AppExplanation): HTMLElement {
  const as = servedAs === null ? '' : `, as ${servedAs}`;
  const words = `${counted(instances, 'instance')} wanted, ${counted(tasks.length, 'task')}, network ${network}.`;
  return make(
    'div',
    {},
    make('p', { class: 'way-sum', 'data-mood': served ? 'good' : 'bad' }, served ? `It is served${as}.` : 'It is not served.'),
    make('p', {}, words, checks.length === 0 ? ' No health check.' : ` Checked: ${checks.join('; ')}.`),
  );
}

function problemsOf({ problems }: AppExplanation): ElementContent {
  if (problems.length === 0) return undefined;
  const items = problems.map(({ label, message, hint }) =>
    make(
      'li',
      { class: 'problem', 'data-severity': 'serious' },
      make('p', {}, label === undefined ? undefined : [make('code', {}, label), ': '], message),
      make('p', { class: 'problem-hint' }, make('b', {}, 'What to do: '), hint),
    ),
  );
  return [make('h3', {}, 'Problems'), make('ul', { class: 'plain' }, items)];
}

function portOf(port: PortExplanation, figures: ServersShape | undefined): HTMLElement {
  const { index, servicePort, mode, bind, backend, spare, routes, lostHosts, rules, leftOut } = port;
  const reach = [
    bind === null ? [] : [`listens on ${bind}`],
    routes.length === 0 ? [] : [`answers for ${routes.map(({ host, path }) => host + (path ?? '')).join(', ')}`],
    port.auth ? ['asks for a user and password'] : [],
    port.redirectToHttps ? ['redirects http to https'] : [],
    port.allowedNetworks.length === 0 ? [] : [`only for ${port.allowedNetworks.join(', ')}`],
  ].flat();
  return make(
    'section',
    { class: 'port' },
    make('h3', {}, `Port ${index}: ${servicePort ?? 'no service port'}${mode === null ? '' : ` (${mode})`}`),
    make(
      'p',
      {},
      backend === null ? undefined : ['Backend ', make('code', {}, backend), '. '],
      spare === null ? undefined : ['In HAProxy it is ', make('code', {}, spare), ' until the next reload. '],
      reach.length === 0 ? '' : `It ${reach.join('; ')}.`,
    ),
    lostHosts.length === 0 ? undefined : make('p', { class: 'fault' }, `Lost to others: ${lostHosts.join(', ')}.`),
    leftOut.map(({ text }) => make('p', { class: 'fault' }, `Left out: ${text}.`)),
    backend === null ? undefined : serverTable(port, figures),
    rules.length === 0 ? undefined : rulesOf(port),
  );
}

function rulesOf({ index, rules }: PortExplanation): HTMLElement {
  const text = rules.map(({ where, line }) => `${where}: ${line.trim()}`).join('\n');
  return make(
    'details',
    { id: `rules-${index}` },
    make('summary', { id: `rules-of-${index}` }, `${counted(rules.length, 'rule')} that lead here`),
    make('pre', { tabindex: 0 }, text),
  );
}

function tasksOf(tasks: readonly TaskExplanation[]): ElementContent {
  const idle = tasks.filter(({ leftOut }) => leftOut.length > 0);
  if (idle.length === 0) return undefined;
  const items = idle
    .slice(0, 50)
    .map(({ task, host, state, leftOut }) =>
      make('li', {}, make('code', {}, task), ` on ${host}, ${state}: ${[...new Set(leftOut.map(({ text }) => text))].join('; ')}`),
    );
  return [make('h3', {}, 'Tasks that do not serve'), make('ul', {}, items)];
}

function labelsOf({ labels }: AppExplanation): ElementContent {
  if (labels.length === 0) return undefined;
  const items = labels.map(({ name, value, counts, problem }) =>
    make(
      'li',
      { 'data-counts': counts },
      make('code', {}, `${name}=${value}`),
      counts === 'yes' ? undefined : make('span', { class: 'fault' }, counts === 'no' ? ' does not count' : ' counts in part'),
      problem === null ? undefined : `: ${problem}`,
    ),
  );
  return [make('h3', {}, 'Labels'), make('ul', { class: 'labels' }, items)];
}
