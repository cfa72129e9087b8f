import { textOf } from '../haproxy/file-text.ts';
import { servedBySpares } from '../haproxy/spares.ts';
import { maskSecrets } from '../lib/secrets.ts';
import type { Running, Stage } from '../model/document.ts';

/** What HAProxy runs, as the text of a configuration without secrets: what it loaded, and what commands have changed since. */
export function* configText({ document, exceptions }: Running): Generator<string> {
  for (const piece of textOf(document)) yield maskSecrets(piece);
  const served = servedBySpares(document);
  if (served.size > 0) yield '\n# Ports that spare backends serve until the next reload, which gives them backends of their own:\n';
  for (const [spare, backend] of served) yield `# ${spare}: ${backend}\n`;
  if (exceptions.size === 0) return;
  yield '\n# Servers that are in another state now than their line says:\n';
  for (const { backend, server, stage } of exceptions.values()) yield `# ${backend}/${server}: ${STAGES[stage]}\n`;
}

const STAGES = {
  checking: 'waits for its first check to pass',
  passed: 'its check has passed, and it is about to serve',
  draining: 'its task is being killed, so it takes no new clients; it has no line above',
  stopped: 'in maintenance',
} as const satisfies Record<Stage, string>;
