import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** A room imports from itself, `lib`, `model` and the rooms named here. Nobody imports loop, cli or main. */
const mayImport = {
  lib: [],
  model: [],
  source: [],
  snapshot: [],
  services: [],
  haproxy: [],
  demo: [],
};

const folders = Object.keys(mayImport);
const direction = folders.map((folder) => {
  const allowed = folder === 'lib' ? ['lib'] : [folder, 'lib', 'model', ...mayImport[folder]];
  const others = folders.filter((f) => !allowed.includes(f)).join('|');
  return {
    files: [`src/${folder}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: `^(?:\\.\\./)+(?:(?:${others})/|[^/]+$)`, message: `src/${folder} may import only from: ${allowed.join(', ')}` },
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
  { files: ['test/**/*.ts'], rules: { 'max-lines-per-function': 'off' } },
  ...direction,
);
