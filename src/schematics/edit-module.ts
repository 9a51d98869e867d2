import type typescript from 'typescript';
import type { TypeScript } from './load-typescript.js';
import {
  change,
  decoratorCall,
  findNode,
  importChange,
  importedFrom,
  indentAt,
  lineBreakOf,
  parse,
  type Import,
} from './source-text.js';

/** A class, and the path from which a file imports it. */
export interface ImportedClass {
  readonly name: string;
  readonly from: string;
}

/** Finds the root module that a `main.ts` starts. */
export function findRootModule(ts: TypeScript, main: string): ImportedClass | undefined {
  const file = parse(ts, main);
  const isStart = (node: typescript.Node): node is typescript.CallExpression =>
    ts.isCallExpression(node) && /^NestFactory\s*\.\s*create/.test(node.expression.getText(file));
  const name = findNode(ts, file, isStart)?.arguments[0]?.getText(file).split(/\W/)[0] ?? '';
  const from = importedFrom(ts, file, name);
  return from === undefined ? undefined : { name, from };
}

/** Returns the module's source with more imports, first in its list; `undefined` if the imports are not a plain list. */
export function addModules(
  ts: TypeScript,
  text: string,
  name: string,
  modules: readonly string[],
  imports: readonly Import[],
): string | undefined {
  const file = parse(ts, text);
  const options = moduleOptions(ts, file, name);
  if (!options) return undefined;
  const breaks = lineBreakOf(text);
  const outer = `${indentAt(text, options.getStart(file))}  `;
  const lines = modules.map((module) => `${outer}  ${module},`);
  const list = propertyOf(ts, options, 'imports');
  if (!list) {
    const block = ['', `${outer}imports: [`, ...lines, `${outer}],`].join(breaks);
    const rest = options.properties.length === 0 ? breaks : '';
    return change(text, [{ at: options.getStart(file) + 1, text: block + rest }, importChange(ts, file, imports)]);
  }
  if (!ts.isArrayLiteralExpression(list)) return undefined;
  const from = list.getStart(file);
  const inside = text.slice(from + 1, list.getEnd() - 1);
  const [first] = list.elements;
  const isLaidOut = inside.includes('\n') && first !== undefined;
  const indent = first && indentAt(text, first.getStart(file));
  const present = list.elements.map((element) => `${outer}  ${element.getText(file)},`);
  return change(text, [
    isLaidOut
      ? { at: from + 1, text: modules.map((module) => `${breaks}${indent ?? ''}${module},`).join('') }
      : { at: from + 1, removed: inside.length, text: ['', ...lines, ...present, outer].join(breaks) },
    importChange(ts, file, imports),
  ]);
}

/** Finds the first controller of a module that another file declares. */
export function findController(ts: TypeScript, text: string, name: string): ImportedClass | undefined {
  const file = parse(ts, text);
  const options = moduleOptions(ts, file, name);
  const list = options && propertyOf(ts, options, 'controllers');
  if (!list || !ts.isArrayLiteralExpression(list)) return undefined;
  for (const element of list.elements) {
    const from = ts.isIdentifier(element) ? importedFrom(ts, file, element.text) : undefined;
    if (from?.startsWith('.')) return { name: element.getText(file), from };
  }
  return undefined;
}

function moduleOptions(
  ts: TypeScript,
  file: typescript.SourceFile,
  name: string,
): typescript.ObjectLiteralExpression | undefined {
  const declared = findNode(
    ts,
    file,
    (node): node is typescript.ClassDeclaration => ts.isClassDeclaration(node) && node.name?.text === name,
  );
  const options = declared && decoratorCall(ts, declared, (decorator) => decorator === 'Module')?.arguments[0];
  return options && ts.isObjectLiteralExpression(options) ? options : undefined;
}

/** Returns the value of a property; for a shorthand (`imports,`) the property itself. */
function propertyOf(
  ts: TypeScript,
  options: typescript.ObjectLiteralExpression,
  name: string,
): typescript.Node | undefined {
  const found = options.properties.find((property) => property.name?.getText() === name);
  return found && ts.isPropertyAssignment(found) ? found.initializer : found;
}
