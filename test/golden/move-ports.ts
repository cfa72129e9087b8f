export type Json = Readonly<Record<string, unknown>>;

type Moves = readonly number[];
type Maybe<Value> = Value | null | undefined;

interface Mapping {
  readonly servicePort?: Maybe<number>;
  readonly hostPort?: Maybe<number>;
}

interface Mapped extends Json {
  readonly network?: string;
  readonly portMappings?: Maybe<readonly Mapping[]>;
}

interface WireApp {
  readonly labels?: Readonly<Record<string, string>>;
  readonly networks?: readonly { readonly mode?: string }[];
  readonly ports?: Maybe<readonly number[]>;
  readonly portDefinitions?: Maybe<readonly { readonly port?: number }[]>;
  readonly container?: Maybe<Mapped & { readonly docker?: Maybe<Mapped> }>;
  readonly healthChecks?: Maybe<readonly Json[]>;
  readonly tasks?: readonly Json[];
}

/** The lists of an app that are in order of port index. */
function listsOf({ ports, portDefinitions, container }: WireApp): readonly (readonly unknown[])[] {
  const lists: readonly Maybe<readonly unknown[]>[] = [ports, portDefinitions, container?.portMappings, container?.docker?.portMappings];
  return lists.filter((list) => list != null && list.length > 0) as readonly (readonly unknown[])[];
}

/** How many ports an app has, when they can be moved: each with a service port of its own, and no deployment group, whose apps are paired by index. */
export function movablePorts(app: Json): number {
  const { labels = {}, container, ports, portDefinitions } = app as WireApp;
  const mappings = container?.portMappings ?? container?.docker?.portMappings;
  const given = mappings?.map(({ servicePort }) => servicePort) ?? portDefinitions?.map(({ port }) => port) ?? ports ?? [];
  const own = given.map((port, n) => Number(labels[`HAPROXY_${n}_PORT`] ?? port ?? 0));
  const distinct = new Set(own).size === own.length && !own.includes(0);
  const sameLength = listsOf(app as WireApp).every((list) => list.length === own.length);
  return distinct && sameLength && labels['HAPROXY_DEPLOYMENT_GROUP'] === undefined ? own.length : 0;
}

/** The same app with its ports in another order: port `i` becomes port `moves[i]`, in its lists, labels, checks and tasks. */
export function withPortsMoved(app: Json, moves: Moves): Json {
  const { labels = {}, networks, ports, portDefinitions, container, healthChecks, tasks } = app as WireApp;
  const docker = container?.docker;
  const mappings = container?.portMappings ?? docker?.portMappings ?? [];
  const isContainer = networks?.some(({ mode }) => mode === 'container') ?? docker?.network === 'USER';
  const packed = mappings.length === 0 ? undefined : mappings.map(({ hostPort }) => !isContainer || hostPort != null);
  return {
    ...app,
    labels: Object.fromEntries(Object.entries(labels).map((entry) => moveLabel(entry, moves))),
    ...(ports && ports.length > 0 && { ports: moved(ports, moves) }),
    ...(portDefinitions && { portDefinitions: moved(portDefinitions, moves) }),
    ...(container && {
      container: {
        ...container,
        ...(container.portMappings && { portMappings: moved(container.portMappings, moves) }),
        ...(docker && { docker: { ...docker, ...(docker.portMappings && { portMappings: moved(docker.portMappings, moves) }) } }),
      },
    }),
    ...(healthChecks && { healthChecks: healthChecks.map((check) => moveIndex(check, moves)) }),
    ...(tasks && { tasks: tasks.map((task) => ({ ...task, ports: moveHostPorts(task['ports'], { packed, moves }) })) }),
  };
}

function moved<Part>(list: readonly Part[], moves: Moves): readonly Part[] {
  return list.map((_, to) => list[moves.indexOf(to)] as Part);
}

const newIndex = (index: number, moves: Moves): number => moves[index] ?? index;

function moveLabel([name, text]: readonly [string, string], moves: Moves): readonly [string, string] {
  const other = name.replace(/^HAPROXY_(\d+)_/, (_, index: string) => `HAPROXY_${newIndex(Number(index), moves)}_`);
  return [other, name.endsWith('_BACKEND_HEALTHCHECK_PORT_INDEX') ? String(newIndex(Number(text), moves)) : text];
}

function moveIndex(check: Json, moves: Moves): Json {
  const index = check['portIndex'];
  return typeof index === 'number' ? { ...check, portIndex: newIndex(index, moves) } : check;
}

/** Host ports are packed: a mapping without one is skipped. */
function moveHostPorts(
  ports: unknown,
  { packed, moves }: { readonly packed: readonly boolean[] | undefined; readonly moves: Moves },
): unknown {
  if (!Array.isArray(ports) || ports.length === 0) return ports;
  const given = [...(ports as readonly number[])];
  if (packed === undefined) return given.length === moves.length ? moved(given, moves) : given;
  const unpacked = packed.map((has) => (has ? given.shift() : undefined));
  return moved(unpacked, moves).filter((port) => port !== undefined);
}
