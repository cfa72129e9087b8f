// The last step of the build: puts the program and the packages that it loads together in a few files, dist/command, which Node loads in half of the
// time that it takes for five hundred files (docs/adr/0022). dist/main.js becomes a line that names them; the compiler writes it anew.
import { build } from 'esbuild';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const OUT = path.join(ROOT, 'dist', 'command');

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
  logLevel: 'error',
});
writeFileSync(path.join(ROOT, 'dist', 'main.js'), "export * from './command/main.js';\n");
