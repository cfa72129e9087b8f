/** Tests are ES modules in TypeScript, stripped of types by swc; types are checked apart, by `npm run types`. */
export default {
  testEnvironment: 'node',
  testTimeout: 30_000, // for a test that hangs: a machine that is busy may need more than jest's five seconds
  coverageProvider: 'v8',
  extensionsToTreatAsEsm: ['.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  transform: {
    '\\.ts$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' }, sourceMaps: 'inline' }],
  },
};
