/** A server as HAProxy has it in memory. */
export interface ServerRow {
  readonly address: string;
  readonly port: string;
  /** What commands or the word `disabled` in its line have set. */
  readonly mode: 'serving' | 'draining' | 'maintenance';
  /** Its health check fails. */
  readonly down: boolean;
  /** Whether the last health check passed, or failed. Checks are also made in maintenance. */
  readonly checkPassed: boolean;
  readonly checkFailed: boolean;
  readonly weight: string;
  readonly isChecked: boolean;
  readonly isTls: boolean;
  /** The host name in its line; undefined when the line has an address. */
  readonly host: string | undefined;
  /** Its host name did not resolve, so it has no address. */
  readonly isUnresolved: boolean;
  /** The whole line of HAProxy's answer. */
  readonly text: string;
}

/** Servers by backend and server name. A backend without servers is not in it. */
export type ServerRows = ReadonlyMap<string, ReadonlyMap<string, ServerRow>>;

const COLUMNS = [
  ...(['be_name', 'srv_name', 'srv_addr', 'srv_op_state', 'srv_admin_state', 'srv_check_result', 'srv_port'] as const),
  ...(['srv_uweight', 'srv_check_state', 'srv_use_ssl', 'srv_fqdn'] as const),
] as const;

/** A column of the answer that is read. */
type Column = (typeof COLUMNS)[number];

/** The rows of one backend, one after the other in the answer. */
export interface RowsOfBackend {
  readonly backend: string;
  readonly lines: readonly string[];
}

/**
 * Reads the answer to `show servers state`, for all backends or one, line by line. `told` is given the rows of each backend, which HAProxy writes one
 * after the other. A large estate has 50,000 rows, so the function reads only the fields of a row that it needs.
 */
export class StatesReader {
  readonly #told: (rows: RowsOfBackend, states: StatesReader) => void;
  /** The second line of the answer, which names the columns. */
  head = '';
  #count = 0; // of the lines so far
  #wrong: string | undefined; // the beginning of something else
  #places: Readonly<Record<Column, number>> | undefined;
  #last = 0; // the last column that is read
  #needed = 0; // the last column without which a row is none
  readonly #starts: number[] = []; // where the columns of the row begin that `at` was given last
  #row = '';
  #backend = '';
  #lines: string[] = [];

  constructor(told: (rows: RowsOfBackend, states: StatesReader) => void) {
    this.#told = told;
  }

  /** Takes the next line. */
  line(line: string): void {
    this.#count++;
    if (this.#count === 1 && line !== '1') this.#wrong = line;
    else if (this.#count === 2 && this.#wrong === undefined) this.#readHead(line);
    else if (this.#wrong !== undefined) this.#wrong = `${this.#wrong}\n${line}`.slice(0, 200);
    else if (this.#count > 2) this.#take(line);
  }

  /** The answer has ended. Throws when it is something else, such as `Can't find backend.`; with `orNone` it is taken as one without rows then. */
  end({ orNone = false } = {}): void {
    this.#tell();
    if (this.#places === undefined && !orNone)
      throw new Error(`HAProxy gave an unusable answer to 'show servers state': ${JSON.stringify((this.#wrong ?? '').slice(0, 200))}`);
  }

  /** Whether the answer is one, which it is not for a backend that HAProxy does not have. */
  get isUsable(): boolean {
    return this.#places !== undefined;
  }

  /** Looks into a row, for `text` and `has`. Returns false for a line that is not a whole row. */
  at(row: string): boolean {
    this.#row = row;
    const starts = this.#starts;
    starts[0] = 0;
    let found = 0; // the last column that there is
    for (let column = 1; column <= this.#last + 1; column++) {
      const space = row.indexOf(' ', starts[column - 1]);
      if (space >= 0) found = column;
      starts[column] = space < 0 ? row.length + 1 : space + 1;
    }
    return found >= this.#needed;
  }

  /** A column of the row. */
  text(column: Column): string {
    const place = this.#place(column);
    return this.#row.slice(this.#starts[place], (this.#starts[place + 1] ?? 0) - 1);
  }

  /** Whether a column of the row is just this. */
  has(column: Column, text: string): boolean {
    const place = this.#place(column);
    const start = this.#starts[place] ?? 0;
    return (this.#starts[place + 1] ?? 0) - 1 - start === text.length && this.#row.startsWith(text, start);
  }

  #place(column: Column): number {
    return this.#places?.[column] ?? 0;
  }

  #readHead(line: string): void {
    const names = line.startsWith('# ') ? line.slice(2).trim().split(' ') : [];
    const places = Object.fromEntries(COLUMNS.map((name) => [name, names.indexOf(name)])) as Record<Column, number>;
    const all = Object.values(places);
    if (all.includes(-1)) {
      this.#wrong = `1\n${line}`.slice(0, 200);
      return;
    }
    this.head = line;
    this.#last = Math.max(...all);
    this.#needed = Math.max(...(['be_name', 'srv_name', 'srv_addr', 'srv_port'] as const).map((name) => places[name]));
    this.#places = places;
  }

  #take(line: string): void {
    if (!this.at(line)) return;
    if (this.#lines.length === 0 || !this.has('be_name', this.#backend)) {
      const backend = this.text('be_name');
      this.#tell(); // which looks into other rows
      this.#backend = backend;
    }
    this.#lines.push(line);
  }

  #tell(): void {
    const lines = this.#lines;
    this.#lines = [];
    if (lines.length > 0) this.#told({ backend: this.#backend, lines }, this);
  }
}

/** Reads a whole row at which the reader looks. */
export function readRow(states: StatesReader, text: string): ServerRow {
  states.at(text);
  const [address, host, admin] = [states.text('srv_addr'), hostIn(states), Number(states.text('srv_admin_state'))];
  return {
    address,
    port: states.text('srv_port'),
    mode: modeOf(admin),
    down: states.has('srv_op_state', '0'),
    checkPassed: states.has('srv_check_result', '3'),
    checkFailed: states.has('srv_check_result', '2'),
    weight: states.text('srv_uweight'),
    isChecked: (Number(states.text('srv_check_state')) & 2) !== 0,
    isTls: states.has('srv_use_ssl', '1'),
    host,
    isUnresolved: host !== undefined && ((admin & 32) !== 0 || address === '-'),
    text,
  };
}

function hostIn(states: StatesReader): string | undefined {
  const host = states.text('srv_fqdn');
  return host === '-' || host === '' ? undefined : host;
}

/** Reads `srv_admin_state`: bit 1 is maintenance, bit 8 is drain. Bit 4 only says that the line has `disabled`, and stays when it is enabled later. */
export function modeOf(admin: number): ServerRow['mode'] {
  return (admin & 1) !== 0 ? 'maintenance' : (admin & 8) !== 0 ? 'draining' : 'serving';
}

/** Takes in the rows of a backend. */
export function addRows(rows: Map<string, Map<string, ServerRow>>, { backend, lines }: RowsOfBackend, states: StatesReader): void {
  const servers = rows.get(backend) ?? new Map<string, ServerRow>();
  rows.set(backend, servers);
  for (const line of lines) {
    const row = readRow(states, line);
    servers.set(states.text('srv_name'), row);
  }
}

/** Reads a whole answer to `show servers state`. Throws when the text is something else; with `orNone` the result is empty then. */
export function readServersState(text: string, how: { readonly orNone?: boolean } = {}): ServerRows {
  const rows = new Map<string, Map<string, ServerRow>>();
  const states = new StatesReader((its, reader) => {
    addRows(rows, its, reader);
  });
  for (const line of text.split('\n')) states.line(line);
  states.end(how);
  return rows;
}
