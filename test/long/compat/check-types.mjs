/* Only the library's declarations are checked as strictly as the source: with `skipLibCheck` false, the compiler checks everybody's. */
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
// To emit all files at once, the compiler would check all files.
for (const file of checked) if (!file.isDeclarationFile) found.push(...program.emit(file).diagnostics);
const host = {
  getCurrentDirectory: ts.sys.getCurrentDirectory,
  getCanonicalFileName: (name) => name,
  getNewLine: () => '\n',
};
console.log(`${checked.length} files checked`);
console.error(ts.formatDiagnostics(found, host));
if (found.length > 0 || !checked.some(({ fileName }) => fileName.includes(LIBRARY))) process.exitCode = 1;
