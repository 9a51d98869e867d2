/*
 * Compiles the application in the working folder, by its own TypeScript. Of all declarations that it loads, it checks those
 * of the library as strictly as the application's source: with skipLibCheck false, the compiler would check everybody's.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';

const ts = createRequire(join(process.cwd(), 'package.json'))('typescript');
const LIBRARY = '/node_modules/nestjs-audit-ledger/';

const { options, fileNames, errors } = ts.getParsedCommandLineOfConfigFile(
  'tsconfig.json',
  { skipLibCheck: false },
  ts.sys,
);
const program = ts.createProgram(fileNames, options);
const checked = program
  .getSourceFiles()
  .filter(({ fileName }) => !fileName.includes('/node_modules/') || fileName.includes(LIBRARY));
const found = [
  ...errors,
  ...program.getOptionsDiagnostics(),
  ...program.getGlobalDiagnostics(),
  ...checked.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
];
// One by one: to emit all, it would check all.
for (const file of checked) if (!file.isDeclarationFile) found.push(...program.emit(file).diagnostics);
const host = {
  getCurrentDirectory: ts.sys.getCurrentDirectory,
  getCanonicalFileName: (name) => name,
  getNewLine: () => '\n',
};
console.log(`${checked.length} files checked`);
console.error(ts.formatDiagnostics(found, host));
if (found.length > 0 || !checked.some(({ fileName }) => fileName.includes(LIBRARY))) process.exitCode = 1;
