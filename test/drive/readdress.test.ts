import { expect, test } from '@jest/globals';
import { readdressed, withoutRuled } from '../../src/drive/readdress.ts';
import { SPARE_MAPS, SPARES_MAP } from '../../src/haproxy/settings.ts';
import type { BackendSection, Command, Effect } from '../../src/model/document.ts';
import type { BackendName, ServerName } from '../../src/model/names.ts';

const SPARE = 'marathon_lb_spare_1a_1' as BackendName;
const FREE = 'marathon_lb_spare_1a_2' as BackendName;
const OWN = 'shop_10004' as BackendName;
const served = new Map([[SPARE, OWN]]);

function command(text: string, effect: Effect, rows?: ReadonlyMap<string, BackendName>): Command {
  const reason = { code: 'map-changed', subject: 'a', detail: undefined } as const;
  return { text, expect: /^$/, reason, effect, ...(rows && { rows }) } as unknown as Command;
}

function told(given: Command): unknown {
  const after = readdressed(given, served);
  return after && { text: after.text, effect: after.effect };
}

test('a server of a spare backend is one of the backend that it served when the file was written', () => {
  const server = 's1' as ServerName;
  expect(told(command(`del server ${SPARE}/s1`, { kind: 'deleted', backend: SPARE, server }))).toEqual({
    text: `del server ${OWN}/s1`,
    effect: { kind: 'deleted', backend: OWN, server },
  });
  const other = command(`del server ${FREE}/s1`, { kind: 'deleted', backend: FREE, server });
  expect(readdressed(other, served)).toBe(other);
});

test('a row that leads to a spare backend leads to the own one; what the map of spare backends says of it is over', () => {
  const row = (file: string, key: string, to: BackendName | undefined) =>
    command(`add map /run/${file} ${key}${to === undefined ? '' : ` ${to}`}`, { kind: 'map', file, key, to });
  expect(told(row('domain2backend.map', 'a.test', SPARE))).toEqual({
    text: `add map /run/domain2backend.map a.test ${OWN}`,
    effect: { kind: 'map', file: 'domain2backend.map', key: 'a.test', to: OWN },
  });
  expect(told(row(SPARES_MAP, `Serves:${SPARE}`, OWN))).toBeUndefined();
  expect(told(row(SPARES_MAP, `Serves:${SPARE}`, undefined))).toBeUndefined();
  for (const file of SPARE_MAPS) expect(told(row(file, 'a.test/cart', SPARE))).toBeUndefined();
  for (const kept of [row('domain2backend.map', 'b.test', FREE), row('domain2backend.map', 'c.test', undefined)])
    expect(readdressed(kept, served)).toBe(kept);
  const free = row(SPARES_MAP, `Serves:${FREE}`, OWN);
  expect(readdressed(free, served)).toBe(free);
});

test('all rows of a map at once, and certificates', () => {
  const whole = (file: string, rows: ReadonlyMap<string, BackendName>) => command('commit map', { kind: 'rows', file, map: rows }, rows);
  const rows = new Map([['a.test', SPARE], ['b.test', FREE]]); // prettier-ignore
  const after = readdressed(whole('domain2backend.map', rows), served) as Command & { readonly rows: ReadonlyMap<string, string> };
  expect([...after.rows]).toEqual([
    ['a.test', OWN],
    ['b.test', FREE],
  ]);
  expect(after.effect).toMatchObject({ map: after.rows });
  const spares = readdressed(whole(SPARES_MAP, new Map([[`Serves:${SPARE}`, OWN], [`Serves:${FREE}`, 'blog_1' as BackendName], ['a.test', SPARE]])), served); // prettier-ignore
  expect(spares?.effect).toMatchObject({ map: new Map([[`Serves:${FREE}`, 'blog_1']]) });
  const certificate = command('set ssl cert', { kind: 'certificate', change: {} } as unknown as Effect);
  expect(readdressed(certificate, served)).toBe(certificate);
});

test('rows in place of rules that the loaded file has are not sent again', () => {
  const inSpare = { hosts: ['a.test'], paths: [], redirects: ['a.test/'], claims: [], isWild: false, weight: 0 };
  const backend: BackendSection = { name: `backend ${OWN}`, backend: OWN, fragments: [], servers: new Map(), leaving: new Set(), inSpare };
  const loaded = { front: [], backends: [backend], maps: {} };
  const row = (file: string, key: string) => command(`add map /run/${file} ${key} ${OWN}`, { kind: 'map', file, key, to: OWN });
  expect(withoutRuled(row(SPARES_MAP, 'a.test'), loaded)).toBeUndefined();
  for (const one of [row(SPARES_MAP, 'new.test'), row('domain2backend.map', 'a.test')]) expect(withoutRuled(one, loaded)).toBe(one);
  const rows = new Map([['a.test', OWN], ['new.test', OWN], ['b.test', FREE]]); // prettier-ignore
  const whole = withoutRuled(command('commit map', { kind: 'rows', file: SPARES_MAP, map: rows }, rows), loaded);
  expect(whole?.rows).toEqual(new Map([['new.test', OWN], ['b.test', FREE]])); // prettier-ignore
  expect(whole?.effect).toMatchObject({ map: whole?.rows });
});
