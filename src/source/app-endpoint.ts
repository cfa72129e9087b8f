import type { AppId } from '../model/names.ts';

/** Returns the path of an app with the parts that Marathon leaves out unless asked: its tasks and their readiness. */
export function pathOf(id: AppId): string {
  return `${pathOfApp(id)}?embed=app.tasks&embed=app.readiness`;
}

/** Returns the path of a pod with its instances. */
export function podPathOf(id: AppId): string {
  return `${pathOfPod(id)}::status`;
}

/** Returns the path of an app's or a pod's definition in one version. */
export function versionPathOf({ id, version, pod = false }: Version): string {
  return pod ? `${pathOfPod(id)}::versions/${encodeURIComponent(version)}` : `${pathOfApp(id)}/versions/${encodeURIComponent(version)}`;
}

interface Version {
  readonly id: AppId;
  readonly version: string;
  readonly pod?: boolean;
}

/**
 * Whether an app can be read on its own. Marathon up to 1.7 accepts ids that look like its own paths, such as '/shop/versions', which can't be read
 * that way. Paths with `*`, `.` or `..` are not app ids, but ids come from events, which can contain anything.
 */
export function isReadable(id: AppId): boolean {
  return /^\/[^/]+(\/[^/]+)*$/.test(id) && !/\/(\.|\.\.|\*)(\/|$)|\/(tasks|versions|restart)$|\/(tasks|versions)\/[^/]+$/.test(id);
}

function pathOfApp(id: AppId): string {
  return `/v2/apps${inPath(id)}`;
}

function pathOfPod(id: AppId): string {
  return `/v2/pods${inPath(id)}`;
}

function inPath(id: AppId): string {
  return id.split('/').map(encodeURIComponent).join('/');
}

/** Returns the app in `{"app":…}` as JSON text. Throws a sentence when there is no app, or an app with a different id. */
export function appIn(answer: unknown, id: AppId): string {
  const app = fieldOf(answer, 'app');
  if (typeof app !== 'object' || app === null) throw new Error(`sent JSON without an app, ${id} was wanted`);
  const found = fieldOf(app, 'id');
  if (typeof found === 'string' && found !== id) throw new Error(`sent the app ${found}, ${id} was wanted`);
  return JSON.stringify(app);
}

/** Returns the pod's status as JSON text. Throws a sentence when there is no pod, or a pod with a different id. */
export function podIn(answer: unknown, id: AppId): string {
  if (typeof answer !== 'object' || answer === null) throw new Error(`sent JSON without a pod, ${id} was wanted`);
  const found = fieldOf(answer, 'id') ?? fieldOf(fieldOf(answer, 'spec'), 'id');
  if (typeof found === 'string' && found !== id) throw new Error(`sent the pod ${found}, ${id} was wanted`);
  return JSON.stringify(answer);
}

/**
 * Whether a 404 means that the app, or a version of it, does not exist: Marathon then answers `App '/shop' does not exist`, and about a version `pod with /shop does not exist`. For an unknown path it
 * also answers 404 with a message, as a proxy in front of it may do, so the message is checked.
 */
export function saysGone(answer: unknown, id: AppId): boolean {
  const message = fieldOf(answer, 'message');
  return (
    typeof message === 'string' &&
    (message.includes(`'${id}'`) || message.includes(`pod with ${id} `)) &&
    message.includes('does not exist')
  );
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
