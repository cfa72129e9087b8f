import type { FakeWorker } from './fake-worker.ts';

/** A request: the frontend that takes it, and what it says as far as rules of the file look at it. */
export interface Asked {
  readonly frontend: string;
  readonly host?: string;
  readonly appId?: string;
}

/** The backend to which a worker leads a request; undefined when it leads it nowhere. */
export function backendOf(worker: FakeWorker, asked: Asked): string | undefined {
  const acls = new Set<string>();
  for (const line of linesOf(worker.config, asked.frontend)) {
    const [, acl = '', header = '', value = ''] = /^acl (\S+) hdr\((\S+)\) -i (\S+)$/.exec(line) ?? [];
    if (value !== '' && valueOf(header, asked) === value) acls.add(acl);
    const to = ruled(line, acls, asked) ?? mapped(line, worker, asked);
    if (to !== undefined) return to;
  }
  return undefined;
}

function valueOf(header: string, { host, appId }: Asked): string | undefined {
  return header === 'host' ? host : header === 'x-marathon-app-id' ? appId : undefined;
}

function ruled(line: string, acls: ReadonlySet<string>, asked: Asked): string | undefined {
  const [, named = '', acl = ''] = /^use_backend ([\w.]+) if (\w+)$/.exec(line) ?? [];
  if (named !== '' && acls.has(acl)) return named;
  const [, to = '', header = '', value = ''] = /^use_backend ([\w.]+) if \{ hdr\((\S+)\) -i (\S+) \}$/.exec(line) ?? [];
  return to !== '' && valueOf(header, asked) === value ? to : undefined;
}

function mapped(line: string, { maps }: FakeWorker, asked: Asked): string | undefined {
  const [, header = '', path = ''] = /^use_backend %\[req\.hdr\(([^)]+)\).*?,map(?:_str)?\(([^)]+)\)\]/.exec(line) ?? [];
  return maps.get(path)?.get(valueOf(header, asked) ?? '');
}

function linesOf(config: string, frontend: string): readonly string[] {
  const lines = config.split('\n');
  const start = lines.indexOf(`frontend ${frontend}`) + 1;
  const length = start === 0 ? 0 : lines.slice(start).findIndex((line) => /^\w/.test(line));
  return lines.slice(start, start + length).map((line) => line.trim());
}
