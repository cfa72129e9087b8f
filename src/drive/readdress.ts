import type { Command } from '../model/document.ts';
import type { BackendName } from '../model/names.ts';
import { spareOfKey } from '../haproxy/spares.ts';
import { SPARES_MAP } from '../haproxy/settings.ts';

/**
 * A command for the worker before a reload, as the worker after it is to get it: a port that a spare backend served when the file was written has a
 * backend of its own there, with rules of its own. Undefined when there is nothing left to say.
 */
export function readdressed(command: Command, served: ReadonlyMap<BackendName, BackendName>): Command | undefined {
  const { effect, text } = command;
  if (effect === undefined || served.size === 0) return command;
  if (effect.kind !== 'map') {
    const own = served.get(effect.backend);
    return own === undefined
      ? command
      : { ...command, text: text.replace(`${effect.backend}/`, `${own}/`), effect: { ...effect, backend: own } };
  }
  const { file, key, to } = effect;
  const spare = file === SPARES_MAP ? (spareOfKey(key) ?? to) : to;
  const own = spare === undefined ? undefined : served.get(spare);
  if (own === undefined || spare === undefined) return command;
  return file === SPARES_MAP ? undefined : { ...command, text: text.replace(` ${spare}`, ` ${own}`), effect: { ...effect, to: own } };
}
