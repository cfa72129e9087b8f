// The last step of the build: puts the program and the packages that it loads together in a few files, dist/command, which Node loads in half of the
// time that it takes for five hundred files (docs/adr/0022). dist/main.js becomes a line that names them; the compiler writes it anew.
import { build } from 'esbuild';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const OUT = path.join(ROOT, 'dist', 'command');

// What a package loads at its start and this program never uses, by the package's own first file: of undici, which is used for `request` and `Agent`,
// what a browser has (fetch, web sockets, caches) and what tests have. Loading the daemon takes a fifth less processor time so.
const UNUSED = [
  { by: 'node_modules/undici/index.js', files: /^\.\/lib\/(?:web|mock|cache|interceptor)\// },
  { by: 'node_modules/prom-client/index.js', files: /^\.\/lib\/(?:cluster|defaultMetrics|pushgateway|summary)$/ },
];

/** For esbuild: nothing stands in place of these files. A package makes a `CacheStorage` at its start. */
const withoutUnused = {
  name: 'without what is not used',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^\.\/lib\// }, ({ path: file, importer }) => {
      const isUnused = UNUSED.some(({ by, files }) => importer === path.join(ROOT, by) && files.test(file));
      return isUnused ? { path: 'nothing', namespace: 'nothing' } : undefined;
    });
    onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: 'exports.CacheStorage = class {};' }));
  },
};

rmSync(OUT, { recursive: true, force: true });
await build({
  absWorkingDir: ROOT,
  entryPoints: ['src/main.ts'],
  outdir: OUT, // as deep as the rooms: what looks for files beside itself finds them
  bundle: true,
  splitting: true, // what only some commands need stays apart
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  external: ['pino-pretty'], // loaded for a terminal only, and finds parts of itself by names that only Node knows
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" }, // for packages in CommonJS
  plugins: [withoutUnused],
  logLevel: 'error',
});
writeFileSync(path.join(ROOT, 'dist', 'main.js'), "export * from './command/main.js';\n");
