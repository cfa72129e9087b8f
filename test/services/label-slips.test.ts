import { expect, test } from '@jest/globals';
import { TEMPLATES_IN_LABELS } from '../../src/haproxy/catalogue.ts';
import { readLabels } from '../../src/services/read-labels.ts';
import { definition } from './make.ts';

test.each([
  ['haproxy_0_vhost', 'HAPROXY_0_VHOST', 0],
  ['HAPROY_0_VHOST', 'HAPROXY_0_VHOST', 0],
  ['HA_PROXY_0_VHOST', undefined, undefined],
  ['HAPROXY-0-VHOST', 'HAPROXY_0_VHOST', 0],
  ['HAProxy.0.Sticky', 'HAPROXY_0_STICKY', 0],
  [' HAPROXY_1_BACKEND_HTTP_OPTIONS', 'HAPROXY_1_BACKEND_HTTP_OPTIONS', 1],
  ['haproxy_group', 'HAPROXY_GROUP', undefined],
  ['haproxy_exporter_port', undefined, undefined],
  ['HEALTH_0_PORT', undefined, undefined],
  ['traefik.enable', undefined, undefined],
])('%j does not begin as a label must: %s is meant', (name, meant, index) => {
  const { problems } = readLabels(definition({ labels: { HAPROXY_GROUP: 'external', [name]: 'x' } }), TEMPLATES_IN_LABELS);
  const told = {
    code: 'label-unknown',
    label: name,
    owner: { by: 'app', ...(index !== undefined && { index }) },
    hint: `perhaps ${meant ?? ''} is meant`,
  };
  expect(problems).toMatchObject(meant === undefined ? [] : [told]);
  expect(problems).toHaveLength(meant === undefined ? 0 : 1);
});
