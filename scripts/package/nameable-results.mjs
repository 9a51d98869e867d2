/* An application that emits declarations, as Nest's template does, can return a result of the library only if the result's type is exported. */
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import ts from 'typescript';

const OPTIONS = {
  ...{ module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, strict: true, skipLibCheck: true },
  ...{ declaration: true, preserveSymlinks: true, types: ['node'] },
};
/** Only the library's own extensions call this method. */
const OWN = "AuditAggregator['prepare']";

/** Returns a message for each function and public method whose result an application of the staged package cannot name. */
export async function unnameableResults(stage, { name: packageName, exports: entries }) {
  const home = join(stage, '../user');
  const modules = join(home, 'node_modules');
  await mkdir(modules, { recursive: true });
  await writeFile(join(home, 'package.json'), '{ "type": "module" }');
  for (const name of await readdir('node_modules')) await symlink(resolve('node_modules', name), join(modules, name));
  await symlink(stage, join(modules, packageName));

  const doors = Object.entries(entries).filter(([, file]) => file.endsWith('.js'));
  const files = doors.map(([, file]) => resolve(file.replace(/\.js$/, '.d.ts')));
  const library = ts.createProgram(files, OPTIONS);
  const lines = doors.flatMap(([door], nth) => [
    `import type * as door${nth} from '${join(packageName, door)}';`,
    ...calledTypes(library, files[nth], `door${nth}`).map(
      (type, call) => `export const call${nth}_${call} = (it: ${type}, ...args: Parameters<${type}>) => it(...args);`,
    ),
  ]);
  const calls = join(home, 'calls.ts');
  await writeFile(calls, lines.join('\n'));
  const user = ts.createProgram([calls], OPTIONS);
  const file = user.getSourceFile(calls);
  return [...user.getSemanticDiagnostics(file), ...user.getDeclarationDiagnostics(file)].map(
    ({ start, messageText }) =>
      `${lines[file.getLineAndCharacterOfPosition(start).line]}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
  );
}

/** Returns the types of the functions and the public methods that an entry exports. Leaves out generic functions, which have no one result. */
function calledTypes(library, file, door) {
  const checker = library.getTypeChecker();
  return checker.getExportsOfModule(checker.getSymbolAtLocation(library.getSourceFile(file))).flatMap((symbol) => {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const name = `${door}.${symbol.name}`;
    if (target.flags & ts.SymbolFlags.Function) return isGeneric(target) ? [] : [`typeof ${name}`];
    if (!(target.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface))) return [];
    const type = checker.getDeclaredTypeOfSymbol(target);
    const types = type.typeParameters?.map(() => 'any').join(', ');
    return type
      .getProperties()
      .filter((member) => member.flags & ts.SymbolFlags.Method && !isPrivate(member) && !isGeneric(member))
      .map((member) => `NonNullable<${name}${types ? `<${types}>` : ''}['${member.name}']>`)
      .filter((each) => !each.includes(OWN));
  });
}

function isGeneric({ declarations }) {
  return declarations.some(({ typeParameters }) => typeParameters !== undefined);
}

function isPrivate({ declarations }) {
  return declarations.some(
    (each) => ts.getCombinedModifierFlags(each) & ts.ModifierFlags.NonPublicAccessibilityModifier,
  );
}
