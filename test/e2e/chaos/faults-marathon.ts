import { setTimeout as sleep } from 'node:timers/promises';
import type { Door, Visit } from './door.ts';
import { letPass } from './door.ts';
import { APPS, CHECKED, type Estate } from './estate.ts';
import type { Fault } from './trial.ts';

type Behaviour = Door['behave'];

/** Both ways to Marathon do this with every request; streams that are open are cut, where not left as they are. */
function misbehaves(what: string, behaviour: Behaviour, streams: 'cut' | 'kept' = 'cut'): Fault {
  return {
    what,
    break: ({ doors, daemons }) => {
      for (const door of doors) {
        door.behave = behaviour;
        if (streams === 'cut') door.cutStreams();
      }
      if (streams === 'kept') daemons.now().signal('SIGHUP'); // it reads everything again
      return Promise.resolve(() => {
        for (const door of doors) door.behave = letPass;
      });
    },
  };
}

function answers(status: number, body: string, type = 'application/json'): Behaviour {
  return ({ response }) => {
    response.writeHead(status, { 'content-type': type }).end(body);
  };
}

/** Only what is no stream. */
function forReads(behaviour: Behaviour): Behaviour {
  return (visit) => {
    if (visit.isStream) visit.pass();
    else behaviour(visit);
  };
}

/** Only the event stream. */
function forStreams(behaviour: Behaviour): Behaviour {
  return (visit) => {
    if (visit.isStream) behaviour(visit);
    else visit.pass();
  };
}

/** Only the list of all apps. */
function forLists(change: (body: string) => string): Behaviour {
  return ({ request, pass }) => {
    pass(request.url?.startsWith('/v2/apps?') === true ? change : undefined);
  };
}

/** The head promises more than comes. */
const cut: Behaviour = ({ response }) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': 5_000 });
  response.write('{"apps":[{"id":"/fleet-0","instances":4,"labels":{"HAPROXY_GROUP":"ext', () => response.destroy());
};

/** Nothing is answered to what was asked meanwhile, neither then nor later. */
const hang: Behaviour = () => undefined;

/** Most of the apps: more than half of all tasks, and more than the guard believes at once. */
const withoutMost = (body: string): string => {
  const { apps } = JSON.parse(body) as { readonly apps: readonly { readonly id: string }[] };
  return JSON.stringify({ apps: apps.filter(({ id }) => Number(id.split('-')[1]) >= APPS - 2) });
};

const headOnly = ({ response }: Visit): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
};

function shutting(what: string, which: (doors: Estate['doors']) => readonly Door[]): Fault {
  return {
    what,
    break: async ({ doors }) => {
      await Promise.all(which(doors).map((door) => door.shut()));
      return async () => {
        await Promise.all(which(doors).map((door) => door.open()));
      };
    },
  };
}

/** Something that is done again and again while it lasts. */
function repeating(what: string, everyMs: number, act: (door: Door) => void): Fault {
  return {
    what,
    break: ({ doors }) => {
      const timer = setInterval(() => {
        doors.forEach(act);
      }, everyMs);
      return Promise.resolve(() => {
        clearInterval(timer);
      });
    },
  };
}

const NOISE = [
  'event: status_update_event\r\ndata: {"taskId": \r\n\r\n',
  'event: status_update_event\r\ndata: []\r\n\r\n',
  'event: status_update_event\r\ndata: {"appId": 7, "taskId": null, "taskStatus": {}}\r\n\r\n',
  'event: api_post_event\r\ndata: null\r\n\r\n',
  `data: ${'x'.repeat(100_000)}\r\n\r\n`,
  '\u0000\u0001\ufffd: \ufeff\n\n::\n\n',
  'retry: 1\r\nid: \u0000\r\n\r\n',
].join('');

const flood: Fault = {
  what: '1,000 events at once',
  isMoment: true,
  break: ({ cluster: { marathon }, tasks }) => {
    const all = [...tasks].flatMap(([n, list]) => (n === CHECKED ? [] : list));
    for (let i = 0; i < 1_000; i++) {
      const task = all[i % all.length];
      if (task !== undefined) marathon.setTaskState(task.app, task.id, 'TASK_RUNNING');
    }
    return Promise.resolve(() => undefined);
  },
};

const newLeader: Fault = {
  what: 'a new leader that knows no result of a health check',
  break: ({ cluster: { marathon }, doors, tasks }) => {
    const checked = tasks.get(CHECKED) ?? [];
    for (const { app, id } of checked) marathon.setHealth(app, id, undefined);
    for (const door of doors) door.cutStreams();
    return Promise.resolve(() => {
      for (const { app, id } of checked) marathon.setHealth(app, id, true);
    });
  },
};

const standby: Fault = {
  what: 'the first Marathon is no longer the leader, and redirects to the other one',
  break: ({ doors: [first, second] }) => {
    first.behave = ({ request, response }) => {
      response.writeHead(302, { location: `${second.url}${request.url ?? ''}` }).end();
    };
    first.cutStreams();
    return Promise.resolve(() => {
      first.behave = letPass;
    });
  },
};

const silence: Fault = {
  what: 'the event stream is silent, no heart-beat comes',
  break: ({ doors }) => {
    for (const door of doors) {
      door.hush();
      door.behave = forStreams(headOnly);
    }
    return Promise.resolve(() => {
      for (const door of doors) door.behave = letPass;
    });
  },
};

const killedMeanwhile: Fault = {
  what: 'both Marathons are gone, and the daemon is killed and started again meanwhile',
  break: async ({ doors, daemons }) => {
    await Promise.all(doors.map((door) => door.shut()));
    await daemons.end('SIGKILL');
    daemons.start();
    return async () => {
      await Promise.all(doors.map((door) => door.open()));
    };
  },
};

const slow: Behaviour = ({ pass, isStream }) => {
  if (isStream) pass();
  else
    void sleep(5_000).then(() => {
      pass();
    });
};

/** As in a long collection of garbage. */
function pausing(): Fault {
  return {
    what: 'Marathon freezes, and then answers all requests',
    break: ({ doors, daemons }) => {
      const asked: Visit[] = [];
      for (const door of doors) {
        door.behave = (visit) => void asked.push(visit);
        door.hush();
      }
      daemons.now().signal('SIGHUP');
      return Promise.resolve(() => {
        for (const door of doors) {
          door.behave = letPass;
          door.goOn();
        }
        asked.forEach(letPass);
      });
    },
  };
}

/** What a Marathon, its cluster and the way to it can do. */
export const MARATHON_FAULTS: readonly Fault[] = [
  shutting('Marathon refuses connections', (doors) => doors),
  shutting('the first of two Marathons is gone', ([first]) => [first]),
  misbehaves('Marathon takes requests and never answers', hang),
  pausing(),
  misbehaves('requests to Marathon get no answer, its event stream goes on', forReads(hang), 'kept'),
  misbehaves(
    'Marathon answers 500 to requests, its event stream goes on',
    forReads(answers(500, '{"message":"Futures timed out"}')),
    'kept',
  ),
  misbehaves('Marathon answers 503 to everything', answers(503, '{"message":"Could not determine the current leader"}')),
  misbehaves('Marathon answers 401 to everything', answers(401, '{"message":"Invalid username or password."}')),
  misbehaves('a web page in place of Marathon, with 200', answers(200, '<html>Sign in</html>', 'text/html')),
  misbehaves('answers are cut in the middle of the JSON', forReads(cut), 'kept'),
  misbehaves('answers of 200 with no body', forReads(answers(200, '')), 'kept'),
  misbehaves(
    '`{"apps": []}`, as if there were none',
    forLists(() => '{"apps": []}'),
    'kept',
  ),
  misbehaves('most of the apps are missing', forLists(withoutMost), 'kept'),
  misbehaves('an event stream that is answered with 200 and ends at once', forStreams(answers(200, '', 'text/event-stream'))),
  silence,
  repeating('the event stream is cut every second', 1_000, (door) => {
    door.cutStreams();
  }),
  repeating('rubbish between the events of the stream', 200, (door) => {
    door.say(NOISE);
  }),
  flood,
  newLeader,
  standby,
  killedMeanwhile,
  misbehaves('each answer takes 5 s', slow, 'kept'),
];
