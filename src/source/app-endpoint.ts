import type { AppId } from '../model/names.ts';

/** An app's path below a Marathon, and what is wanted of it besides what is always there: counts, tasks, deployments. */
export function pathOf(id: AppId): string {
  return `${pathOfApp(id)}?embed=app.tasks&embed=app.readiness`;
}

/** The path of the app's definition as it was in one version. */
export function versionPathOf(id: AppId, version: string): string {
  return `${pathOfApp(id)}/versions/${encodeURIComponent(version)}`;
}

/**
 * Whether an app can be read by itself. Marathon up to 1.7 takes ids that end like paths of its own, '/shop/versions'; what stands for a group
 * or another folder is no app's id, but ids come from events, and those from anywhere.
 */
export function isReadable(id: AppId): boolean {
  return /^\/[^/]+(\/[^/]+)*$/.test(id) && !/\/(\.|\.\.|\*)(\/|$)|\/(tasks|versions|restart)$|\/(tasks|versions)\/[^/]+$/.test(id);
}

function pathOfApp(id: AppId): string {
  return `/v2/apps${id.split('/').map(encodeURIComponent).join('/')}`;
}

/** The JSON text of the app in `{"app":…}`. Throws a sentence when there is none, or another one. */
export function appIn(answer: unknown, id: AppId): string {
  const app = fieldOf(answer, 'app');
  if (typeof app !== 'object' || app === null) throw new Error(`sent JSON without an app, ${id} was wanted`);
  const found = fieldOf(app, 'id');
  if (typeof found === 'string' && found !== id) throw new Error(`sent the app ${found}, ${id} was wanted`);
  return JSON.stringify(app);
}

/**
 * Whether a 404 is Marathon's own word that an app, or a version of it, does not exist: `App '/shop' does not exist`. It answers with a message
 * for unknown paths too, and so may a proxy in front of it.
 */
export function saysGone(answer: unknown, id: AppId): boolean {
  const message = fieldOf(answer, 'message');
  return typeof message === 'string' && message.includes(`'${id}'`) && message.includes('does not exist');
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
