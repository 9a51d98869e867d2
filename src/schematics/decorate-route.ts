import type typescript from 'typescript';
import type { TypeScript } from './load-typescript.js';
import { change, decoratorCall, findNode, importChange, indentAt, lineBreakOf, parse } from './source-text.js';

const VERBS = ['Get', 'Post', 'Put', 'Patch', 'Delete'];

/** A controller with an example: its source, the route as `GET /`, and the name of its events. */
export interface DecoratedRoute {
  readonly text: string;
  readonly route: string;
  readonly event: string;
}

/** Puts `@Audited` on the first route of a controller. Returns `undefined` if no route is found. */
export function decorateRoute(ts: TypeScript, text: string, name: string): DecoratedRoute | undefined {
  const file = parse(ts, text);
  const isController = (node: typescript.Node): node is typescript.ClassDeclaration =>
    ts.isClassDeclaration(node) && node.name?.text === name;
  const controller = findNode(ts, file, isController);
  const mounted = controller && decoratorCall(ts, controller, (decorator) => decorator === 'Controller');
  if (!controller || !mounted) return undefined;
  for (const member of controller.members) {
    if (!ts.isMethodDeclaration(member) || !ts.isIdentifier(member.name)) continue;
    const verb = decoratorCall(ts, member, (decorator) => VERBS.includes(decorator));
    if (!verb) continue;
    const event = member.name.text.replace(/(?<=[a-z\d])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
    const quote = file.statements[0]?.getText(file).includes('"') ? '"' : "'";
    const at = verb.getEnd();
    const added = `${lineBreakOf(text)}${indentAt(text, verb.getStart(file))}@Audited(${quote}${event}${quote})`;
    const path = [mounted, verb].map(({ arguments: [argument] }) =>
      argument && ts.isStringLiteral(argument) ? argument.text : '',
    );
    return {
      text: change(text, [
        { at, text: added },
        importChange(ts, file, [{ names: ['Audited'], from: 'nestjs-audit-ledger' }]),
      ]),
      route: `${verb.expression.getText(file).toUpperCase()} /${path.filter((part) => part !== '').join('/')}`,
      event,
    };
  }
  return undefined;
}
