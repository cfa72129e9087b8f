import type { PortExplanation } from '../../explain/shapes.ts';
import { make } from './elements.ts';
import type { ServersShape, ServerShape } from './shapes.ts';
import { duration, milliseconds, shortNumber } from './words.ts';

/** The servers of a port: their address, and what HAProxy says of them now. */
export function serverTable({ index, servers }: PortExplanation, figures: ServersShape | undefined): HTMLElement {
  if (servers.length === 0) return make('p', {}, 'It has no server.');
  const known = new Map(figures?.servers.map((one) => [one.server, one]));
  const head = ['Server', 'State', 'Sessions', 'Requests', 'Errors', 'Answer'];
  return make(
    'div',
    { class: 'wide', tabindex: 0, role: 'region', 'aria-label': `Servers of port ${index}` },
    make(
      'table',
      {},
      make('thead', {}, make('tr', {}, head.map((text) => make('th', { scope: 'col' }, text)))), // prettier-ignore
      make('tbody', {}, servers.map((server) => rowOf(server, known.get(server.name)))), // prettier-ignore
    ),
  );
}

function rowOf({ address, port, state }: PortExplanation['servers'][number], figures: ServerShape | undefined): HTMLElement {
  const { mood, text } = stateOf(state, figures);
  const cells = [
    figures === undefined ? '–' : shortNumber(figures.sessions),
    figures === undefined ? '–' : shortNumber(figures.requests),
    figures === undefined ? '–' : shortNumber(figures.errors),
    figures === undefined ? '–' : milliseconds(figures.answerMs),
  ];
  return make(
    'tr',
    {},
    make('th', { scope: 'row' }, make('code', {}, `${address}:${port}`)),
    make('td', { 'data-mood': mood, class: 'state' }, text),
    cells.map((cell) => make('td', { class: 'number' }, cell)),
  );
}

function stateOf(state: 'serves' | 'draining', figures: ServerShape | undefined): { readonly mood: string; readonly text: string } {
  if (figures === undefined) return { mood: 'unknown', text: state === 'serves' ? 'not known' : 'draining' };
  const { status, check, changed } = figures;
  const since = changed === null ? '' : ` for ${duration(changed)}`;
  if (state === 'draining' || status.startsWith('DRAIN')) return { mood: 'warn', text: `draining${since}` };
  if (status === 'no check') return { mood: 'good', text: 'up, not checked' };
  if (status.startsWith('UP')) return { mood: 'good', text: `up${since}` };
  if (status.startsWith('MAINT')) return { mood: 'warn', text: `in maintenance${since}` };
  return { mood: 'bad', text: `${status.toLowerCase()}${since}${check === '' ? '' : ` (${check})`}` };
}
