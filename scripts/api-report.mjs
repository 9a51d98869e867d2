// If a file in test/public-api/ changes, the public API changes.
import { readFile, writeFile } from 'node:fs/promises';
import ts from 'typescript';

const { exports: entries } = JSON.parse(await readFile('package.json', 'utf8'));
const files = Object.entries(entries).flatMap(([name, entry]) => {
  return entry.endsWith('.js') ? [{ name, types: entry.replace(/\.js$/, '.d.ts') }] : [];
});
const program = ts.createProgram({
  rootNames: files.map(({ types }) => types),
  options: { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, skipLibCheck: true, types: ['node'] },
});
const checker = program.getTypeChecker();
const EXPANDED =
  ts.NodeBuilderFlags.NoTruncation | ts.NodeBuilderFlags.InTypeAlias | ts.NodeBuilderFlags.MultilineObjectLiterals;
/** An interface of options, whose members follow from a schema. */
const OF_SCHEMA = / extends .*\bRawOptions</;
const printer = ts.createPrinter({ removeComments: true });
let expanded = 0;
for (const { name, types } of files) {
  const path = `test/public-api/${name === '.' ? 'index' : name.slice('./'.length)}.api.md`;
  await writeFile(path, formatReport(name, types));
}
if (expanded === 0)
  throw new Error('No interface follows from a schema: OF_SCHEMA does not have the name of its type.');

function formatReport(name, types) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(types));
  const symbols = checker.getExportsOfModule(module).toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const title = ['nestjs-audit-ledger', ...name.split('/').slice(1)].join('/');
  return [`# ${title}`, '', '```ts', ...symbols.flatMap(listDeclarations), '```', ''].join('\n');
}

function listDeclarations(symbol) {
  const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
  const target = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
  const texts = (target.declarations ?? []).map((declaration) => {
    if (OF_SCHEMA.test(declaration.getText())) return listMembers(target);
    const statement = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
    const keys = declaration.type?.typeParameter?.constraint;
    // The names of the properties come from a table that is not a part of the API.
    const type =
      keys && ts.isTypeReferenceNode(keys) && !declaration.typeParameters && checker.getTypeAtLocation(declaration);
    const shown = type ? checker.typeToTypeNode(type, undefined, EXPANDED) : statement;
    const text = `${type ? `type ${target.name} = ` : ''}${printer.printNode(ts.EmitHint.Unspecified, shown, statement.getSourceFile())}`;
    // Private members are omitted, because users do not see them.
    return text.replace(/^export (declare )?/, '').replaceAll(/^ +private (?!constructor)[^\n]*;\n/gm, '');
  });
  const renamed = target.name === symbol.name ? [] : [`// ${target.name} as ${symbol.name}`];
  return [...renamed, ...texts, ''];
}

/** Writes an interface that follows from a schema with its members. */
function listMembers(symbol) {
  expanded++;
  const members = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol)).map((property) => {
    const type = checker.typeToString(checker.getTypeOfSymbol(property), undefined, ts.TypeFormatFlags.NoTruncation);
    const sorted = type.replaceAll(/(?:"[\w-]+"|\b\d+)(?: \| (?:"[\w-]+"|\d+))+/g, (words) =>
      words.split(' | ').toSorted().join(' | '),
    );
    return `    readonly ${property.name}${property.flags & ts.SymbolFlags.Optional ? '?' : ''}: ${sorted};`;
  });
  return [`interface ${symbol.name} {`, ...members, '}'].join('\n');
}
