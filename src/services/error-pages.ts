import path from 'node:path';
import { fileName } from '../model/certificates.ts';
import type { AppId } from '../model/names.ts';
import type { Problem } from '../model/problem.ts';
import { ERROR_STATUSES, type ErrorPage, type FileOfLabel } from '../model/service.ts';
import type { PortLabels } from './labels.ts';

/** The error pages of a port, their files, and what is wrong with their labels. */
export interface PagesOfPort {
  readonly pages: readonly ErrorPage[];
  readonly files: readonly FileOfLabel[];
  readonly problems: readonly Problem[];
}

interface PortAndFolder {
  readonly app: AppId;
  readonly index: number;
  /** The operator's folder; undefined when there is none. */
  readonly folder: string | undefined;
}

/** The error pages that the labels of a port name: files of the operator's folder. Without a folder there are none, and each label is a Problem. */
export function pagesOf(values: PortLabels, { app, index, folder }: PortAndFolder): PagesOfPort {
  const asked = PAGES.flatMap(({ status, key }) => {
    const name = values[key];
    return name === undefined ? [] : [{ status, name, label: `HAPROXY_${index}_ERROR_PAGE_${status}` }];
  });
  if (asked.length === 0) return NONE;
  if (folder === undefined) {
    return { pages: [], files: [], problems: asked.map(({ label }) => withoutFolder(label, { app, index })) };
  }
  const found = asked.map(({ name, ...rest }) => ({ ...rest, file: path.join(folder, name), type: typeOf(name) }));
  return {
    pages: found.map(({ status, file, type }) => ({ status, file, type })),
    files: found.map(({ file, label }) => ({ file: fileName({ keyword: 'page', path: file }), label, in: 'page' })),
    problems: [],
  };
}

const NONE: PagesOfPort = { pages: [], files: [], problems: [] };

const PAGES = ERROR_STATUSES.map((status) => ({ status, key: `page${status}` as const }));

const TYPES: Readonly<Record<string, string>> = { '.json': 'application/json', '.txt': 'text/plain; charset=utf-8' };

function typeOf(name: string): string {
  return TYPES[path.extname(name)] ?? 'text/html; charset=utf-8';
}

function withoutFolder(label: string, { app, index }: Pick<PortAndFolder, 'app' | 'index'>): Problem {
  return {
    code: 'label-value',
    owner: { by: 'app', app, index },
    label,
    message: `${label} has no effect, because this load balancer has no folder of error pages`,
    hint: 'ask the operator of the load balancer to name a folder with --error-pages',
  };
}
