import { expect, test } from '@jest/globals';
import { readStat } from '../../src/socket/stat-rows.ts';

const HEAD = '# pxname,svname,scur,stot,econ,eresp,status,act,bck,iid,lastchg,check_status,last_chk,mode,hrsp_5xx,req_tot,rtime,';

test('the backends and servers of a table of figures, whatever a health check said', () => {
  const text = [
    HEAD,
    'http-in,FRONTEND,3,9,,,OPEN,,,2,,,,http,0,9,,',
    'shop_10004,s1,1,40,0,2,UP,1,0,5,77,* L7OK,"said ""hello, world""",http,3,39,12,',
    'shop_10004,BACKEND,1,40,1,2,UP,2,1,5,77,,,http,3,39,12,',
    'db_5432,BACKEND,4,50,6,7,DOWN,0,0,6,1,,,tcp,,,9,',
    '',
  ].join('\n');
  expect([...readStat(text)]).toEqual([
    {
      ...{ iid: 5, backend: 'shop_10004', server: 's1', mode: 'http', status: 'UP', sessions: 1, requests: 39, errors: 3 },
      ...{ usable: 1, answerMs: 12, changed: 77, check: 'L7OK' },
    },
    {
      ...{ iid: 5, backend: 'shop_10004', server: undefined, mode: 'http', status: 'UP', sessions: 1, requests: 39, errors: 3 },
      ...{ usable: 3, answerMs: 12, changed: 77, check: '' },
    },
    {
      ...{ iid: 6, backend: 'db_5432', server: undefined, mode: 'tcp', status: 'DOWN', sessions: 4, requests: 50, errors: 13 },
      ...{ usable: 0, answerMs: 0, changed: 1, check: '' },
    },
  ]);
});

test('a different text is refused with a sentence', () => {
  expect(() => [...readStat('Permission denied')]).toThrow("HAProxy's answer is no table of figures");
});
