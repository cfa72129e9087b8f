import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** What a room may import beside `lib` and `model`; docs/architecture.md says what each decides. */
export const MAY_IMPORT = {
  source: [],
  snapshot: [],
  services: [],
  saved: [],
  demo: [],
  haproxy: [],
  'dns/zones': [],
  'dns/answers': ['dns/zones'],
  'dns/net': ['dns/answers'],
  plan: ['haproxy'],
  blame: ['haproxy'],
  certificates: ['haproxy'],
  socket: ['haproxy'],
  drive: ['haproxy'],
  process: ['haproxy', 'socket'],
  core: ['snapshot', 'services', 'haproxy'],
  admin: ['explain', 'haproxy'],
  options: ['services'],
  deploy: ['source'],
  explain: ['services', 'haproxy'],
  model: [],
  lib: [],
};
MAY_IMPORT.daemon = Object.keys(MAY_IMPORT).filter((room) => !['demo', 'deploy'].includes(room));
MAY_IMPORT.cli = ['options', 'daemon', 'demo', 'deploy', 'explain', 'services', 'haproxy'];

const rooms = Object.keys(MAY_IMPORT);
const direction = rooms.map((room) => {
  const allowed = room === 'lib' ? ['lib'] : [...new Set([room, 'lib', 'model', ...MAY_IMPORT[room]])];
  const forbidden = rooms.filter((other) => !allowed.includes(other));
  // A path that leaves the room names a room as seen from src/, or, between the rooms of dns/, from there.
  const names = forbidden.flatMap((other) => (other.startsWith('dns/') && room.startsWith('dns/') ? [other, other.slice(4)] : [other]));
  return {
    files: [`src/${room}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^(?:\\.\\./)+(?:(?:${names.join('|')})/|[^/]+$)`,
              message: `src/${room} may import only from: ${allowed.join(', ')}`,
            },
          ],
        },
      ],
    },
  };
});

export default defineConfig(
  { ignores: ['dist', 'coverage'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname } },
  },
  {
    files: ['**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'named exports only' },
        { selector: 'Program > VariableDeclaration[kind!="const"]', message: 'no module state' },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/non-nullable-type-assertion-style': 'off', // it wants the `!` that strict forbids
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  // The types of a browser are there for the page; everywhere else `document` is a Document that somebody has forgotten to take.
  {
    files: ['**/*.ts'],
    ignores: ['src/admin/page/**'],
    rules: {
      'no-restricted-globals': ['error', 'document', 'window', 'location', 'history', 'name', 'status', 'event', 'find', 'open', 'close'],
    },
  },
  { files: ['test/**/*.ts'], rules: { 'max-lines-per-function': 'off' } },
  ...direction,
);
