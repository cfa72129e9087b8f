import type { StatRow } from '../model/figures.ts';
import type { BackendName } from '../model/names.ts';

/** Reads the answer to `show stat`, a row at a time: the backends and servers in it. Throws a sentence when it is something else. */
export function* readStat(text: string): Generator<StatRow> {
  const [head = '', ...lines] = text.split('\n');
  if (!head.startsWith('# pxname,')) throw new Error(`HAProxy's answer is no table of figures: ${JSON.stringify(head.slice(0, 200))}`);
  const at = new Map(
    head
      .slice(2)
      .split(',')
      .map((name, i) => [name, i]),
  );
  for (const line of lines) {
    const row = line === '' ? undefined : rowOf(splitLine(line), at);
    if (row !== undefined) yield row;
  }
}

/** Most lines have no quotes; what a health check said may have them. */
function splitLine(line: string): readonly string[] {
  if (!line.includes('"')) return line.split(',');
  const fields: string[] = [];
  let open: string | undefined; // a field whose quotes have not closed yet
  for (const piece of line.split(',')) {
    const field: string = open === undefined ? piece : `${open},${piece}`;
    const isOpen = field.split('"').length % 2 === 0;
    open = isOpen ? field : undefined;
    if (!isOpen) fields.push(field.replace(/^"|"$/g, ''));
  }
  return open === undefined ? fields : [...fields, open];
}

function rowOf(fields: readonly string[], at: ReadonlyMap<string, number>): StatRow | undefined {
  const text = (name: string): string => fields[at.get(name) ?? -1] ?? '';
  const count = (name: string): number => Number(text(name)) || 0;
  const name = text('svname');
  if (name === 'FRONTEND' || name === '') return undefined;
  const isHttp = text('mode') === 'http';
  return {
    iid: count('iid'),
    backend: text('pxname') as BackendName,
    server: name === 'BACKEND' ? undefined : name,
    mode: isHttp ? 'http' : 'tcp',
    status: text('status'),
    sessions: count('scur'),
    ...(count('qcur') > 0 && { queued: count('qcur') }),
    requests: isHttp && text('req_tot') !== '' ? count('req_tot') : count('stot'),
    errors: isHttp ? count('hrsp_5xx') : count('econ') + count('eresp'),
    usable: count('act') + count('bck'),
    answerMs: isHttp ? count('rtime') : 0,
    changed: text('lastchg') === '' ? undefined : count('lastchg'),
    check: text('check_status').replace(/^\* /, ''),
  };
}
