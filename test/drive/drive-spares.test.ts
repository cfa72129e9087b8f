import { expect, test } from '@jest/globals';
import { makeRenderer } from '../../src/haproxy/document.ts';
import { SPARES_MAP } from '../../src/haproxy/settings.ts';
import type { Document } from '../../src/model/document.ts';
import { front, server, service, settings, templatesWith } from '../haproxy/make.ts';
import { calm } from './drive-rig.ts';
import { FOLDER, makeLive, serving, type Live } from './drive-live.ts';

const render = makeRenderer(templatesWith(), settings({ spareBackends: 2 }));

/** Apps by their names, each with a server at a port; `balance` is the first one's. */
function estate(apps: Readonly<Record<string, readonly number[]>>, balance = 'roundrobin'): Document {
  const all = Object.entries(apps).map(([name, ports], i) => {
    const of = front({
      app: `/${name}`,
      port: 10000 + name.length,
      bind: undefined,
      routes: [{ host: `${name}.acme.org`, path: undefined }],
    });
    const made = service(of, ports.map((port) => server(port, { checked: false }))); // prettier-ignore
    return i > 0 ? made : { ...made, backend: { ...made.backend, options: { ...made.backend.options, balance } } };
  });
  return render(all, { major: 2, minor: 6 }).document;
}

async function running(document: Document): Promise<Live> {
  const live = makeLive();
  live.rig.drive.want(document);
  await calm();
  await live.tick();
  live.sent.length = 0;
  return live;
}

const short = (live: Live): readonly string[] =>
  serving(live)
    .map((one) => one.replace(/marathon_lb_spare_\w+_(\d+)/, 'spare_$1'))
    .sort();
const led = (live: Live, host: string): string | undefined => live.memory.maps.get(`${FOLDER}/domain2backend.map`)?.get(host);

test('a new app is served at once and told as served; the file says so; it moves when it is quiet', async () => {
  const live = await running(estate({ shop: [1] }));
  const before = live.rig.served.length;
  const wanted = estate({ shop: [1], cart: [2] });
  live.rig.drive.want(wanted);
  await expect(live.rig.drive.settled()).resolves.toEqual({ ok: true, by: 'commands' });
  await calm();
  expect(short(live)).toEqual(['shop_10004/10_0_0_1_1', 'spare_1/10_0_0_1_2']);
  expect(live.rig.served.length).toBe(before + 1);
  expect(live.sent).not.toContain('reload');
  await live.tick(); // the file is written, and the time to settle is over
  await live.tick();
  expect(live.sent.filter((what) => what === 'reload')).toHaveLength(1);
  expect(live.written).toBe(wanted);
  expect(short(live)).toEqual(['cart_10004/10_0_0_1_2', 'shop_10004/10_0_0_1_1']);
  expect(led(live, 'cart.acme.org')).toBe('cart_10004');
  expect(live.memory.maps.get(`${FOLDER}/${SPARES_MAP}`)?.size).toBe(0);
});

test('what changes during the reload that gives it a backend of its own is there afterwards', async () => {
  const live = await running(estate({ shop: [1] }));
  live.rig.drive.want(estate({ shop: [1], cart: [2] }));
  await calm();
  let open: () => void = () => undefined;
  live.hold = new Promise((resolve) => (open = resolve));
  live.rig.drive.want(estate({ shop: [1], cart: [2] }, 'leastconn')); // needs a reload
  await calm();
  expect(live.sent).toContain('reload');
  live.rig.drive.want(estate({ shop: [1], blog: [4], cart: [2, 3] }, 'leastconn'));
  await calm();
  expect(short(live)).toEqual(['shop_10004/10_0_0_1_1', 'spare_1/10_0_0_1_2', 'spare_1/10_0_0_1_3', 'spare_2/10_0_0_1_4']);
  open();
  await calm();
  const after = live.sent.slice(live.sent.indexOf('new worker') + 1);
  expect(after[0]).toMatch(/^add server cart_10004\/10_0_0_1_3|^add map .*Serves:/);
  expect(after.filter((text) => text.startsWith('del map') || text.includes('state maint'))).toEqual([]);
  expect(short(live)).toEqual(['cart_10004/10_0_0_1_2', 'cart_10004/10_0_0_1_3', 'shop_10004/10_0_0_1_1', 'spare_2/10_0_0_1_4']);
  expect(led(live, 'blog.acme.org')).toMatch(/^marathon_lb_spare_\w+_2$/);
  expect(live.sent.filter((what) => what === 'reload')).toHaveLength(1);
});
