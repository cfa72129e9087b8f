import type { AppRow } from '../../explain/app-rows.ts';
import { fill, make, say } from './elements.ts';
import { isServed, shortly, sumOf, type KnownFigures } from './rows.ts';
import { rate, shortNumber } from './words.ts';

/** One row of the list, as an element that is written anew when its app or its figures are others. */
export interface RowElement {
  readonly element: HTMLElement;
  readonly button: HTMLButtonElement;
  readonly write: (row: AppRow, place: RowPlace, figures: KnownFigures) => void;
}

/** Where a row is. */
interface RowPlace {
  /** From 0, in the list as it is shown. */
  readonly index: number;
  readonly top: number;
}

/** The cells behind the name, in order: their class, and the name of their column. */
export const COLUMNS = [
  ['hosts', 'Hosts'],
  ['ports', 'Ports'],
  ['servers', 'Servers'],
  ['sessions', 'Sessions'],
  ['requests', 'Req/s'],
  ['errors', 'Err/s'],
] as const;

/** A row without content. `open`: called with the app's id when somebody asks for its details. */
export function makeRowElement(open: (app: string) => void): RowElement {
  let id = '';
  const button = make('button', { type: 'button', class: 'link app-name', onclick: () => { open(id); } }); // prettier-ignore
  const sign = make('span', { class: 'sign', 'aria-hidden': 'true' });
  const note = make('span', { class: 'note' });
  const cells = COLUMNS.map(([name]) => make('div', { role: 'cell', class: `cell ${name}` }));
  const element = make('div', { role: 'row', class: 'row' }, make('div', { role: 'cell', class: 'cell app' }, sign, button, note), cells);
  let written = '';
  return {
    element,
    button,
    write: (row, { index, top }, figures) => {
      id = row.app;
      element.style.top = `${top}px`;
      element.setAttribute('aria-rowindex', String(index + 2)); // the head is the first
      const texts = textsOf(row, figures);
      const all = JSON.stringify([id, texts]);
      if (all === written) return;
      written = all;
      element.dataset['mood'] = texts.mood;
      element.dataset['down'] = texts.isDown ? 'yes' : 'no';
      element.dataset['app'] = id;
      say(button, id);
      button.title = id;
      say(sign, SIGNS[texts.mood]);
      say(note, texts.note);
      for (const [i, text] of texts.cells.entries()) {
        const cell = cells[i];
        if (cell !== undefined) fill(cell, text === '' ? make('span', { class: 'none' }, '–') : text);
      }
    },
  };
}

const SIGNS = { good: '●', warn: '▲', bad: '■', unknown: '○' } as const;

interface RowTexts {
  readonly mood: keyof typeof SIGNS;
  readonly isDown: boolean;
  readonly note: string;
  readonly cells: readonly string[];
}

function textsOf(row: AppRow, figures: KnownFigures): RowTexts {
  const { ports, problems } = row;
  const sums = sumOf(row, figures);
  const servers = ports.reduce((sum, port) => sum + port.servers, 0);
  const draining = Math.max(sums?.draining ?? 0, ports.reduce((sum, port) => sum + port.draining, 0)); // prettier-ignore
  const down = sums?.down ?? 0;
  const hosts = [...new Set(ports.flatMap((port) => port.hosts))];
  const isElsewhere = !isServed(row) && row.leftOut.includes('group');
  return {
    mood: isElsewhere ? 'unknown' : !isServed(row) ? 'bad' : down > 0 || problems > 0 || (sums?.errors ?? 0) > 0 ? 'warn' : 'good',
    isDown: down > 0,
    note: notesOf(row),
    cells: [
      firstOf(hosts, 2),
      firstOf(ports.filter(({ servicePort }) => servicePort > 0).map(({ servicePort, mode }) => (mode === 'tcp' ? `${servicePort} tcp` : String(servicePort))), 3), // prettier-ignore
      ports.length === 0 ? '' : serversText({ servers, down, draining, checking: sums?.checking ?? 0, known: sums !== undefined }),
      sums === undefined ? '' : shortNumber(sums.sessions),
      sums === undefined ? '' : rate(sums.requests),
      sums === undefined ? '' : rate(sums.errors),
    ],
  };
}

function notesOf({ servedAs, problems, leftOut }: AppRow): string {
  const notes = [
    ...(servedAs === null ? [] : [`as ${servedAs}`]),
    ...(problems > 0 ? [problems === 1 ? '1 problem' : `${problems} problems`] : []),
    ...leftOut.map(shortly),
  ];
  return notes.join(', ');
}

interface ServerCounts {
  readonly servers: number;
  readonly down: number;
  readonly draining: number;
  readonly checking: number;
  /** Whether HAProxy has told. */
  readonly known: boolean;
}

function serversText({ servers, down, draining, checking, known }: ServerCounts): string {
  const up = Math.max(0, servers - down - checking);
  const parts = [
    known ? `${up} up` : String(servers),
    ...(down > 0 ? [`${down} down`] : []),
    ...(checking > 0 ? [`${checking} checking`] : []),
    ...(draining > 0 ? [`${draining} draining`] : []),
  ];
  return parts.join(', ');
}

function firstOf(words: readonly string[], most: number): string {
  const shown = words.slice(0, most).join(', ');
  return words.length > most ? `${shown} +${words.length - most}` : shown;
}
