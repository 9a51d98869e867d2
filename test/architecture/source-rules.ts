import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import type { Violation } from './find-violations.js';

interface SourceRule {
  readonly name: string;
  readonly comment: string;
  readonly files: RegExp;
  readonly isBrokenBy: (node: ts.Node) => boolean;
}

const LIBRARY = /^src\/(base|audit|monitoring|extensions)\/(?!.*\.spec\.ts$)/;

/** Imports do not show whether the source keeps these rules. */
export const SOURCE_RULES: readonly SourceRule[] = [
  {
    name: 'library-has-no-top-level-await',
    comment: 'An application in CommonJS can require() the library: Node refuses that of a module that awaits.',
    files: LIBRARY,
    isBrokenBy: (node) => awaits(node) && ts.findAncestor(node, ts.isFunctionLike) === undefined,
  },
  {
    name: 'library-has-no-import-meta',
    comment: 'Test runners and bundlers can turn the library into CommonJS, which has no import.meta.',
    files: LIBRARY,
    isBrokenBy: (node) => ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword,
  },
  {
    name: 'json-is-parsed-by-parse-json',
    comment:
      'JSON.parse of newer versions of Node misreads escaped keys: parseJson() does not. The embedded PostgreSQL, the schematic and the version of the command stand alone, and read files of known keys.',
    files:
      /^src\/(?!base\/json\/parse-json\.ts$)(?!shop\/database\/)(?!schematics\/)(?!cli\/run-command\.ts$)(?!.*\.spec\.ts$)/,
    isBrokenBy: (node) =>
      (ts.isIdentifier(node) && node.text === 'JSON' && !isNameOfMember(node) && !isStringify(node.parent)) ||
      (isCall(node, 'json') && node.arguments.length === 0), // as Response has it
  },
  {
    name: 'clients-parse-json-by-parse-json',
    comment:
      'A client of pg reads columns of JSON by JSON.parse, unless its option types says otherwise. The clients of the shop read none.',
    files: /^src\/(?!shop\/database\/)(?!.*\.spec\.ts$)/,
    isBrokenBy: (node) =>
      makesClient(node) &&
      !node.arguments?.some((options) => ts.isObjectLiteralExpression(options) && options.properties.some(isTypes)),
  },
  {
    name: 'ledger-sessions-have-one-folder',
    comment:
      'Of the library, only store/ makes clients of pg: LedgerSession, and the pool of them, know time-outs and roles.',
    files: /^src\/(cli|extensions|monitoring\/(?!store\/))(?!.*\.spec\.ts$)/,
    isBrokenBy: makesClient,
  },
  {
    name: 'events-are-built-by-the-core',
    comment:
      'What is written as a literal is neither redacted nor bounded: use record(), buildOwnEvent() or appendOwnEvent().',
    // ledger-event.dto.ts holds examples of the API description, which nobody records.
    files: /^src\/(?!audit\/)(?!monitoring\/read\/query\/ledger-event\.dto\.ts$)(?!.*\.spec\.ts$)/,
    isBrokenBy: (node) =>
      ts.isPropertyAssignment(node) && node.name.getText() === 'schemaVersion' && ts.isNumericLiteral(node.initializer),
  },
  {
    name: 'ledger-calls-cast-their-arguments',
    comment:
      'PostgreSQL prefers the function whose declared types are exactly those of the arguments: without casts, a foreign overload wins.',
    files: /^src\/(?!.*\.(generated|spec)\.ts$)/,
    isBrokenBy: (node) =>
      (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) && UNCAST_CALL.test(node.getText()),
  },
  {
    name: 'error-tables-have-one-suffix',
    comment: 'A table of errors is in a file *.errors.ts: the generator of the reference page reads these files.',
    files: /^src\/(?!.*\.(errors|spec)\.ts$)(?!base\/errors\/declare-errors\.ts$)/,
    isBrokenBy: (node) => ts.isCallExpression(node) && /^declare(Errors|Made)$/.test(node.expression.getText()),
  },
  {
    name: 'errors-have-one-suffix',
    comment: 'A class of errors is in a file *.error.ts. Errors with a code are declared in a table.',
    files: /^src\/(?!.*\.(error|spec)\.ts$)/,
    isBrokenBy: (node) =>
      ts.isClassLike(node) &&
      node.heritageClauses?.some(({ types }) =>
        types.some((type) => /(Error|Exception)$/.test(type.expression.getText())),
      ) === true,
  },
  {
    name: 'injectables-name-their-role',
    comment:
      'The file of a class that Nest makes ends in the role of that class: .service.ts, .guard.ts, .controller.ts, …',
    files:
      /^src\/(?!.*\.(service|provider|guard|interceptor|pipe|filter|health-indicator|controller|module|spec)\.ts$)/,
    isBrokenBy: (node) => ts.isClassLike(node) && isDecoratedBy(node, /^(Injectable|Catch|Controller|Module)$/),
  },
  {
    name: 'shapes-have-one-suffix',
    comment: 'A class that describes a request or a response of a route is in a file *.dto.ts.',
    files: /^src\/(?!.*\.(dto|spec)\.ts$)/,
    isBrokenBy: (node) => ts.isPropertyDeclaration(node) && isDecoratedBy(node, /^ApiProperty(Optional)?$/),
  },
];

const UNCAST_CALL = /\baudit_[a-z_]+\((?:[^()]*,)?\s*(?:\$\d+|'[^']*'|NULL)\s*[,)]/;

function isDecoratedBy(node: ts.HasDecorators, names: RegExp): boolean {
  return (ts.getDecorators(node) ?? []).some(
    ({ expression }) => ts.isCallExpression(expression) && names.test(expression.expression.getText()),
  );
}

function makesClient(node: ts.Node): node is ts.NewExpression {
  return ts.isNewExpression(node) && /^(pg\.)?(Client|Pool)$/.test(node.expression.getText());
}

/** As in `value.JSON`, or `{ JSON: 1 }`. */
function isNameOfMember(node: ts.Identifier): boolean {
  const { parent } = node;
  return (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) && parent.name === node;
}

function isStringify(node: ts.Node): boolean {
  return ts.isPropertyAccessExpression(node) && node.name.text === 'stringify';
}

function isCall(node: ts.Node, method: string): node is ts.CallExpression {
  return (
    ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && node.expression.name.text === method
  );
}

function isTypes({ name }: ts.ObjectLiteralElementLike): boolean {
  return name !== undefined && ts.isIdentifier(name) && name.text === 'types';
}

/** `AwaitUsing` consists of two bits: the bit of `using` and the bit of `const`. */
const AWAIT_USING: number = ts.NodeFlags.AwaitUsing;

function awaits(node: ts.Node): boolean {
  if (ts.isForOfStatement(node)) return node.awaitModifier !== undefined;
  if (ts.isVariableDeclarationList(node)) {
    return (node.flags & AWAIT_USING) === AWAIT_USING;
  }
  return ts.isAwaitExpression(node);
}

export async function findSourceViolations(root: string, files: readonly string[]): Promise<Violation[]> {
  const found = await Promise.all(
    files
      .filter((file) => SOURCE_RULES.some((rule) => rule.files.test(file)))
      .map(async (file) => violationsIn(file, await readFile(join(root, file), 'utf8'))),
  );
  return found.flat();
}

function violationsIn(file: string, text: string): Violation[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const rules = SOURCE_RULES.filter((rule) => rule.files.test(file));
  const found: Violation[] = [];
  const visit = (node: ts.Node): void => {
    for (const { name, isBrokenBy } of rules) {
      if (!isBrokenBy(node)) continue;
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push({ rule: name, from: file, what: `line ${line + 1}` });
    }
    node.forEachChild(visit);
  };
  visit(source);
  return found;
}
