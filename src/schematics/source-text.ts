import type typescript from 'typescript';
import type { TypeScript } from './load-typescript.js';

/** A text to put at a position of a source, in place of some of its characters. */
interface Change {
  readonly at: number;
  readonly removed?: number;
  readonly text: string;
}

/** The names that a file imports from one path. */
export interface Import {
  readonly names: readonly string[];
  readonly from: string;
}

export function parse(ts: TypeScript, text: string): typescript.SourceFile {
  return ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true);
}

/** Applies changes that do not overlap. */
export function change(text: string, changes: readonly Change[]): string {
  return changes
    .toSorted((one, other) => other.at - one.at)
    .reduce(
      (result, { at, removed = 0, text: added }) => result.slice(0, at) + added + result.slice(at + removed),
      text,
    );
}

/** Returns the path from which a file imports this name. */
export function importedFrom(ts: TypeScript, file: typescript.SourceFile, name: string): string | undefined {
  for (const statement of file.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const { name: whole, namedBindings: named } = statement.importClause ?? {};
    const names = named && ts.isNamedImports(named) ? named.elements.map((element) => element.name.text) : [];
    if (whole?.text === name || names.includes(name)) return statement.moduleSpecifier.text;
  }
  return undefined;
}

/** Returns a change that adds imports after the last one, in the file's own style. */
export function importChange(ts: TypeScript, file: typescript.SourceFile, imports: readonly Import[]): Change {
  const present = file.statements.filter((statement) => ts.isImportDeclaration(statement));
  const last = present.at(-1);
  const style = last?.getText(file) ?? '';
  const quote = style.includes('"') ? '"' : "'";
  const end = last !== undefined && !style.endsWith(';') ? '' : ';';
  const line = ({ names, from }: Import): string => `import { ${names.join(', ')} } from ${quote}${from}${quote}${end}`;
  const lines = imports.map(line).join(lineBreakOf(file.text));
  const breaks = lineBreakOf(file.text);
  return last ? { at: last.getEnd(), text: breaks + lines } : { at: 0, text: lines + breaks };
}

export function lineBreakOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

/** Returns the white space at the beginning of a position's line. */
export function indentAt(text: string, place: number): string {
  const from = text.lastIndexOf('\n', place - 1) + 1;
  return /^[ \t]*/.exec(text.slice(from, place))?.[0] ?? '';
}

/** Finds the first node that a test accepts, in the order of the source. */
export function findNode<Found extends typescript.Node>(
  ts: TypeScript,
  node: typescript.Node,
  accepts: (node: typescript.Node) => node is Found,
): Found | undefined {
  if (accepts(node)) return node;
  return ts.forEachChild(node, (child) => findNode(ts, child, accepts));
}

/** Finds the call of this decorator on a class or a method. */
export function decoratorCall(
  ts: TypeScript,
  node: typescript.ClassDeclaration | typescript.MethodDeclaration,
  accepts: (name: string) => boolean,
): typescript.CallExpression | undefined {
  for (const { expression } of ts.getDecorators(node) ?? []) {
    if (
      ts.isCallExpression(expression) &&
      ts.isIdentifier(expression.expression) &&
      accepts(expression.expression.text)
    )
      return expression;
  }
  return undefined;
}
