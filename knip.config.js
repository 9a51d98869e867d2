/** What nothing imports but the name in a script, a shell or a child process's arguments. */
export default {
  entry: [
    'src/main.ts',
    'src/cli/main.ts',
    'src/audit/index.ts',
    'src/audit/testing/index.ts',
    'src/modules/monitoring/index.ts',
    'migrations/*.ts',
    'scripts/*.mjs',
    'bench/**/*.mjs',
    'test/**/*.{spec,slow-spec,type-test}.ts',
    'test/**/*.{mjs,cjs}',
    'jest.*.config.js',
  ],
  project: ['{src,migrations,scripts,bench,test}/**/*.{ts,mjs,cjs}', '*.js'],
  ignore: ['test/architecture/fixtures/**', 'test/compat/**'], // programs of their own
};
