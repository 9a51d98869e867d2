import type typescript from 'typescript';
import type { TypeScript } from './load-typescript.js';
import { change, findNode, indentAt, lineBreakOf, parse } from './source-text.js';

/** Returns the source of a `main.ts` with `enableShutdownHooks()` before `listen()`; `undefined` if that call is not found. */
export function addShutdownHooks(ts: TypeScript, text: string): string | undefined {
  if (text.includes('enableShutdownHooks')) return text;
  const file = parse(ts, text);
  const isListen = (node: typescript.Node): node is typescript.CallExpression =>
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    node.expression.name.text === 'listen' &&
    ts.isIdentifier(node.expression.expression);
  const call = findNode(ts, file, isListen);
  if (!call || !ts.isPropertyAccessExpression(call.expression)) return undefined;
  const application = call.expression.expression.getText(file);
  let statement: typescript.Node = call;
  while (!ts.isBlock(statement.parent) && !ts.isSourceFile(statement.parent)) {
    statement = statement.parent;
    if (ts.isFunctionLike(statement)) return undefined; // an arrow function without a block
  }
  const at = statement.getStart(file);
  const end = statement.getText(file).endsWith(';') ? ';' : '';
  return change(text, [
    { at, text: `${application}.enableShutdownHooks()${end}${lineBreakOf(text)}${indentAt(text, at)}` },
  ]);
}
