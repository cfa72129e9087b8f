import type { AppId } from './names.ts';

/** The folder of an app: '/prod' for '/prod/shop', '/' for '/shop'. */
export function folderOf(app: AppId): string {
  const end = app.lastIndexOf('/');
  return end <= 0 ? '/' : app.slice(0, end);
}

/** Whether an app is in a folder, directly or further below. */
export function isWithin(app: AppId, folder: string): boolean {
  return folder === '/' || app.startsWith(`${folder}/`);
}

/** Whether two apps belong to the same people: they are in the same folder, or one app's id is the other app's folder. */
export function areRelated(a: AppId, b: AppId): boolean {
  const [ofA, ofB] = [folderOf(a), folderOf(b)];
  return ofA === ofB || ofA === b || ofB === a;
}

/** The app in Marathon whose labels a port has. `app` may be the name of a deployment group, which any app can write into its label. */
export function authorOf({ app, author = app }: { readonly app: AppId; readonly author?: AppId }): AppId {
  return author;
}
