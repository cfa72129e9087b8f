import { limitedBackend } from '../haproxy/limits.ts';
import { LIMITS_MAP } from '../haproxy/settings.ts';
import { hideInLines } from '../lib/secrets.ts';
import type { Document, Fragment } from '../model/document.ts';
import type { Front } from '../model/service.ts';
import { byKey } from './by-key.ts';
import type { RuleExplanation } from './shapes.ts';

/** Returns a function that gives what leads to a port from frontends that apps share: its own rules there, and rows of map files, its limits among them. */
export function makeRulesTo({ front, maps }: Document): (to: Front) => readonly RuleExplanation[] {
  const shared = front.filter(({ fragments }) => fragments[0]?.owner.by === 'operator'); // the others are frontends of one port
  const frontends = shared.map(({ name: where, fragments }) => {
    const ofApp = byKey(fragments, ({ owner }) => (owner.by === 'app' ? owner.app : undefined));
    return ({ app, index }: Front): readonly RuleExplanation[] => {
      const own = ofApp(app).filter(({ owner }) => owner.by === 'app' && owner.index === index);
      return own.flatMap((fragment) => rulesIn(fragment, where));
    };
  });
  const files = Object.entries(maps).map(([where, map]) => {
    const rowsTo = byKey(map, ([key, backend]) => (where === LIMITS_MAP ? limitedBackend(key) : backend));
    return ({ name }: Front) => rowsTo(name).map(([key, value]): RuleExplanation => ({ where, line: `${key} ${value}`, label: null }));
  });
  return (to) => [...frontends, ...files].flatMap((rulesTo) => rulesTo(to));
}

function rulesIn({ text, label }: Fragment, where: string): readonly RuleExplanation[] {
  const lines = text.split('\n').map((line) => line.trim());
  const rules = lines.filter((line) => line !== '' && !line.startsWith('#'));
  return rules.map((line) => ({ where, line: hideInLines(line), label: label ?? null }));
}
