import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { certificatesText } from '../../src/haproxy/certificates-file.ts';
import { CERTIFICATES_FILE } from '../../src/haproxy/settings.ts';
import { mapText, textOf } from '../../src/haproxy/file-text.ts';
import { loadTemplates } from '../../src/daemon/load-templates.ts';
import type { Templates } from '../../src/haproxy/templates.ts';
import { makeMiddle } from '../../src/daemon/load-derive.ts';
import type { Certificates } from '../../src/model/certificates.ts';
import type { App } from '../../src/model/snapshot.ts';
import type { Problem } from '../../src/model/problem.ts';
import type { Release } from '../../src/model/release.ts';
import { defaultSettings, type Settings } from '../../src/options/options.ts';
import { absorb } from '../../src/snapshot/absorb.ts';
import { startState, type State } from '../../src/snapshot/state.ts';
import { decodeApp } from '../../src/snapshot/decode.ts';
import type { View } from '../../src/model/view.ts';

export const CASES = path.resolve('fixtures/cases');

/** A folder of fixtures/cases: apps in, haproxy.cfg, maps and Problems out. */
export interface Case {
  readonly name: string;
  readonly about: string;
  readonly settings: Partial<Settings>;
  readonly release: Release;
  readonly apps: readonly unknown[];
}

export function readCases(): readonly Case[] {
  return readdirSync(CASES).map((name) => {
    const { about, settings = {} } = readJson(name, 'case.json') as Pick<Case, 'about'> & {
      settings?: Partial<Settings> & { release?: Release };
    };
    const { release = { major: 2, minor: 6 }, ...flags } = settings;
    return { name, about, settings: flags, release, apps: readJson(name, 'apps.json') as readonly unknown[] };
  });
}

function readJson(name: string, file: string): unknown {
  return JSON.parse(readFileSync(path.join(CASES, name, file), 'utf8'));
}

/** The settings of an empty command line, but for `--group external`, two threads, no spare backends and what is given. */
export function settingsWith(given: Partial<Settings> = {}): Settings {
  return { ...defaultSettings(), group: ['external'], nbthread: 2, spareBackends: 0, ...given };
}

/** Our own templates, compiled once for all tests of a file: they remember only what the compiled form of a text is. */
const TEMPLATES = await loadTemplates(defaultSettings().templatesDir, {});

/** `derive` under these settings, with nothing remembered yet; with our own templates when no others are given. */
export function makeDeriver(given: Partial<Settings> = {}, templates: Templates = TEMPLATES): Derive {
  return makeMiddle({ settings: settingsWith(given), env: {} }, templates);
}

export type Derive = ReturnType<typeof makeMiddle>;

export const EMPTY: State = startState({ major: 2, minor: 6 }, { certificates: served('/etc/ssl/cert.pem') });

/** These files, of which nothing else is known. */
export function served(...files: readonly string[]): Certificates {
  return { files, problems: [], contents: [], named: [] };
}

/** Apps' JSON, as it would come from Marathon, decoded. */
export function decodeAll(json: readonly unknown[]): { readonly apps: readonly App[]; readonly problems: readonly Problem[] } {
  const decoded = json.map((app) => decodeApp(JSON.stringify(app)));
  return {
    apps: decoded.flatMap((one) => ('app' in one ? [one.app] : [])),
    problems: decoded.flatMap((one) => ('problem' in one ? [one.problem] : [])),
  };
}

/** What the middle makes of a case; `certificates` stand in for those of the machine, and the first one for those in its labels. `contents`: what is in them. */
export function viewOf(one: Case, certificates: readonly string[] = [], contents: Certificates['contents'] = []): View {
  const [own] = certificates;
  const files = own === undefined ? ['/etc/ssl/cert.pem'] : certificates;
  const apps = own === undefined ? one.apps : withCertificate(one.apps, own);
  const view = makeDeriver(one.settings)(
    absorb(
      { ...EMPTY, release: one.release, certificates: { ...served(...files), contents } },
      { kind: 'apps', at: 0, sentAt: 0, ...decodeAll(apps) },
    ),
  );
  if (view === undefined) throw new Error('no view');
  return view;
}

function withCertificate(apps: readonly unknown[], file: string): readonly unknown[] {
  return JSON.parse(JSON.stringify(apps).replaceAll(/\/etc\/ssl\/[a-z]+\.pem/g, file)) as readonly unknown[];
}

/** All files of a view, by name; problems as lines for people. */
export function filesOf({ document, problems, leftOut }: View): ReadonlyMap<string, string> {
  const lines = [
    ...problems.map(({ code, message, hint }) => `${code}: ${message} (${hint})`),
    ...leftOut.map(
      ({ app, index, task, why }) => `left out: ${[task ?? app, ...(index === undefined ? [] : [`port ${index}`])].join(' ')}: ${why}`,
    ),
  ];
  return new Map([
    ['haproxy.cfg', [...textOf(document)].join('')],
    ...Object.entries(document.maps).map(([name, map]): [string, string] => [name, mapText(map)]),
    ['problems.txt', lines.map((line) => `${line}\n`).join('')],
  ]);
}

/** The list of certificates that HAProxy reads, by its name; it is not among the files of the cases, because it names files of the machine. */
export function listOf({ document: { certificates } }: View): readonly (readonly [file: string, text: string])[] {
  return certificates === undefined ? [] : [[CERTIFICATES_FILE, certificatesText(certificates)]];
}
