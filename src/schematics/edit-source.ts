import { createRequire } from 'node:module';
import { join } from 'node:path';
import type typescript from 'typescript';

export type TypeScript = typeof typescript;

/** The names that a file imports from one path. */
export interface Import {
  readonly names: readonly string[];
  readonly from: string;
}

interface ImportedClass {
  readonly name: string;
  readonly from: string;
}

/** A controller with an added example: its new source, the example's route such as `GET /`, and the name of the route's events. */
export interface DecoratedRoute {
  readonly text: string;
  readonly route: string;
  readonly event: string;
}

interface Change {
  readonly at: number;
  readonly removed?: number;
  readonly text: string;
}

const isPgClass = (name: string): boolean => name === 'Client' || name === 'Pool';

const VERBS = ['Get', 'Post', 'Put', 'Patch', 'Delete'];

/**
 * Loads TypeScript from the application in this folder, or else from the installation of the running program. Returns `undefined` if
 * TypeScript is installed in neither place.
 */
export function loadTypeScript(folder: string): TypeScript | undefined {
  for (const from of [join(folder, 'package.json'), process.argv[1] ?? folder]) {
    try {
      const found = createRequire(from)('typescript') as Partial<TypeScript>;
      if (typeof found.createSourceFile === 'function') return found; // a version with this function also has the other functions
    } catch {
      // TypeScript may be found from the next folder.
    }
  }
  return undefined;
}

/** A source file of the application. The methods return the changed text, in the file's own style. */
export class Source {
  private readonly file: typescript.SourceFile;
  private readonly lineBreak: string;

  constructor(
    private readonly ts: TypeScript,
    private readonly text: string,
  ) {
    this.file = ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true);
    this.lineBreak = text.includes('\r\n') ? '\r\n' : '\n';
  }

  /** Finds the root module that this `main.ts` starts. */
  rootModule(): ImportedClass | undefined {
    const isStart = (node: typescript.Node): node is typescript.CallExpression =>
      this.ts.isCallExpression(node) && /^NestFactory\s*\.\s*create/.test(node.expression.getText(this.file));
    return this.importedClass(this.find(isStart)?.arguments[0]?.getText(this.file).split(/\W/)[0] ?? '');
  }

  /** Finds the first of a module's controllers whose class is imported from another file. */
  findController(module: string): ImportedClass | undefined {
    const options = this.moduleOptions(module);
    const list = options && this.findProperty(options, 'controllers');
    if (!list || !this.ts.isArrayLiteralExpression(list)) return undefined;
    for (const element of list.elements) {
      const found = this.ts.isIdentifier(element) ? this.importedClass(element.text) : undefined;
      if (found?.from.startsWith('.')) return found;
    }
    return undefined;
  }

  /** Adds `enableShutdownHooks()` to a `main.ts`, before `listen()`. Returns `undefined` if `listen()` is not called. */
  withShutdownHooks(): string | undefined {
    const { ts, file, text } = this;
    if (text.includes('enableShutdownHooks')) return text;
    const isListen = (node: typescript.Node): node is typescript.CallExpression =>
      ts.isCallExpression(node) &&
      ts.isPropertyAccessExpression(node.expression) &&
      node.expression.name.text === 'listen' &&
      ts.isIdentifier(node.expression.expression);
    const call = this.find(isListen);
    if (!call || !ts.isPropertyAccessExpression(call.expression)) return undefined;
    let statement: typescript.Node = call;
    while (!ts.isBlock(statement.parent) && !ts.isSourceFile(statement.parent)) {
      statement = statement.parent;
      if (ts.isFunctionLike(statement)) return undefined; // the call is inside an arrow function without a block
    }
    const at = statement.getStart(file);
    const end = statement.getText(file).endsWith(';') ? ';' : '';
    const added = `${call.expression.expression.getText(file)}.enableShutdownHooks()${end}`;
    return this.changed([{ at, text: added + this.lineBreak + this.indentAt(at) }]);
  }

  /** Adds modules at the beginning of a module's `imports`. Returns `undefined` if `imports` is not a plain list. */
  withModules(module: string, added: readonly string[], imports: readonly Import[]): string | undefined {
    const { ts, file, lineBreak } = this;
    const options = this.moduleOptions(module);
    if (!options) return undefined;
    const start = options.getStart(file);
    const outer = `${this.indentAt(start)}  `;
    const lines = added.map((each) => `${outer}  ${each},`);
    const list = this.findProperty(options, 'imports');
    if (!list) {
      const block = ['', `${outer}imports: [`, ...lines, `${outer}],`].join(lineBreak);
      const rest = options.properties.length === 0 ? lineBreak : '';
      return this.changed([{ at: start + 1, text: block + rest }, this.importing(imports)]);
    }
    if (!ts.isArrayLiteralExpression(list)) return undefined;
    const at = list.getStart(file) + 1;
    const inside = this.text.slice(at, list.getEnd() - 1);
    const [first] = list.elements;
    if (first && inside.includes('\n')) {
      const indent = this.indentAt(first.getStart(file));
      const text = added.map((each) => `${lineBreak}${indent}${each},`).join('');
      return this.changed([{ at, text }, this.importing(imports)]);
    }
    const present = list.elements.map((element) => `${outer}  ${element.getText(file)},`);
    const text = ['', ...lines, ...present, outer].join(lineBreak);
    return this.changed([{ at, removed: inside.length, text }, this.importing(imports)]);
  }

  /** Adds `@Audited` to the first route of a controller. Returns `undefined` if the controller has no route. */
  withAuditedRoute(controller: string): DecoratedRoute | undefined {
    const { ts, file } = this;
    const declared = this.findClass(controller);
    const mounted = declared && this.decoratorCall(declared, ['Controller']);
    if (!mounted) return undefined;
    for (const member of declared.members) {
      if (!ts.isMethodDeclaration(member) || !ts.isIdentifier(member.name)) continue;
      const verb = this.decoratorCall(member, VERBS);
      if (!verb) continue;
      const event = member.name.text.replace(/(?<=[a-z\d])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
      const quote = file.statements[0]?.getText(file).includes('"') ? '"' : "'";
      const added = `${this.lineBreak}${this.indentAt(verb.getStart(file))}@Audited(${quote}${event}${quote})`;
      const path = [mounted, verb].map(({ arguments: [argument] }) =>
        argument && ts.isStringLiteral(argument) ? argument.text : '',
      );
      return {
        text: this.changed([
          { at: verb.getEnd(), text: added },
          this.importing([{ names: ['Audited'], from: 'nestjs-audit-ledger' }]),
        ]),
        route: `${verb.expression.getText(file).toUpperCase()} /${path.filter((part) => part !== '').join('/')}`,
        event,
      };
    }
    return undefined;
  }

  /**
   * Makes the pools and clients of pg that the file makes, itself or for Prisma, Drizzle or TypeORM, those of `from`. Returns `undefined`
   * if the file makes none that this can change.
   *
   * @param from the path to the file that exports `Client` and `Pool`
   */
  withPg(from: string): string | undefined {
    const changes = [...this.importsOfPg(from), ...this.findPools(from)];
    return changes.length === 0 ? undefined : this.changed(changes);
  }

  private importsOfPg(from: string): readonly Change[] {
    const { ts, file } = this;
    const changes: Change[] = [];
    for (const statement of file.statements) {
      if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
      const clause = statement.importClause;
      if (statement.moduleSpecifier.text !== 'pg' || !clause || statement.getText(file).startsWith('import type'))
        continue;
      const at = statement.moduleSpecifier.getStart(file) + 1;
      const path = { at, removed: 'pg'.length, text: from };
      const { name: whole, namedBindings: named } = clause;
      if (named && ts.isNamedImports(named)) {
        const [classes, others] = [true, false].map((expected) =>
          named.elements.filter((each) => isPgClass((each.propertyName ?? each.name).text) === expected),
        );
        const toText = (each: typescript.ImportSpecifier): string => each.getText(file);
        if (whole || !classes?.length) continue;
        if (!others?.length) changes.push(path);
        else {
          const rest = {
            at: named.getStart(file),
            removed: named.getWidth(file),
            text: `{ ${others.map(toText).join(', ')} }`,
          };
          changes.push(rest, this.importing([{ names: classes.map(toText), from }]));
        }
        continue;
      }
      const local = whole ?? named?.name;
      const uses = [...this.text.matchAll(new RegExp(`\\b${local?.text ?? ''}\\b(?!['"])(?:\\.(\\w+))?`, 'g'))];
      const others = uses.filter(({ index }) => index < statement.getStart(file) || index >= statement.getEnd());
      if (!local || !others.every(([, member = '']) => isPgClass(member))) continue;
      changes.push(path);
      if (whole) changes.push({ at: whole.getStart(file), removed: whole.text.length, text: `* as ${whole.text}` });
    }
    return changes;
  }

  private findPools(from: string): readonly Change[] {
    const { ts, file } = this;
    const changes: Change[] = [];
    const names = new Set<string>();
    const wrap = (node: typescript.Node, [before, after]: readonly [string, string], name: string): void => {
      changes.push({ at: node.getStart(file), text: before }, { at: node.getEnd(), text: after });
      names.add(name);
    };
    const visit = (node: typescript.Node): void => {
      if (ts.isNewExpression(node) && node.expression.getText(file) === 'PrismaPg') {
        const [settings] = node.arguments ?? [];
        if (settings && ts.isObjectLiteralExpression(settings)) wrap(settings, ['new Pool(', ')'], 'Pool');
      } else if (ts.isCallExpression(node) && node.expression.getText(file) === 'drizzle') {
        const [address] = node.arguments;
        const isAddress = address && (ts.isStringLiteral(address) || address.getText(file).startsWith('process.env'));
        if (isAddress && this.importedClass('drizzle')?.from === 'drizzle-orm/node-postgres')
          wrap(address, ['new Pool({ connectionString: ', ' })'], 'Pool');
      } else if (ts.isObjectLiteralExpression(node) && /typeorm/i.test(this.text)) {
        const type = this.findProperty(node, 'type');
        if (type && ts.isStringLiteral(type) && type.text === 'postgres' && !this.findProperty(node, 'extra')) {
          const start = type.parent.getStart(file);
          const isOwnLine = this.text.slice(node.getStart(file), start).includes('\n');
          const gap = isOwnLine ? this.lineBreak + this.indentAt(start) : ' ';
          changes.push({ at: type.getEnd(), text: `,${gap}extra: { Client }` });
          names.add('Client');
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
    const missing = [...names].filter((name) => this.importedClass(name) === undefined);
    return missing.length === 0 ? changes : [...changes, this.importing([{ names: missing, from }])];
  }

  private changed(changes: readonly Change[]): string {
    return changes
      .toSorted((one, other) => other.at - one.at)
      .reduce(
        (result, { at, removed = 0, text }) => result.slice(0, at) + text + result.slice(at + removed),
        this.text,
      );
  }

  private importedClass(name: string): ImportedClass | undefined {
    const { ts } = this;
    for (const statement of this.file.statements) {
      if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
      const { name: whole, namedBindings: named } = statement.importClause ?? {};
      const names = named && ts.isNamedImports(named) ? named.elements.map((element) => element.name.text) : [];
      if (whole?.text === name || names.includes(name)) return { name, from: statement.moduleSpecifier.text };
    }
    return undefined;
  }

  private importing(imports: readonly Import[]): Change {
    const last = this.file.statements.filter((statement) => this.ts.isImportDeclaration(statement)).at(-1);
    const style = last?.getText(this.file) ?? '';
    const quote = style.includes('"') ? '"' : "'";
    const end = last !== undefined && !style.endsWith(';') ? '' : ';';
    const line = ({ names, from }: Import): string =>
      `import { ${names.join(', ')} } from ${quote}${from}${quote}${end}`;
    const lines = imports.map(line).join(this.lineBreak);
    return last ? { at: last.getEnd(), text: this.lineBreak + lines } : { at: 0, text: lines + this.lineBreak };
  }

  private indentAt(index: number): string {
    const from = this.text.lastIndexOf('\n', index - 1) + 1;
    return /^[ \t]*/.exec(this.text.slice(from, index))?.[0] ?? '';
  }

  private find<Found extends typescript.Node>(
    accepts: (node: typescript.Node) => node is Found,
    node: typescript.Node = this.file,
  ): Found | undefined {
    return accepts(node) ? node : this.ts.forEachChild(node, (child) => this.find(accepts, child));
  }

  private findClass(name: string): typescript.ClassDeclaration | undefined {
    return this.find(
      (node): node is typescript.ClassDeclaration => this.ts.isClassDeclaration(node) && node.name?.text === name,
    );
  }

  private decoratorCall(
    node: typescript.ClassDeclaration | typescript.MethodDeclaration,
    names: readonly string[],
  ): typescript.CallExpression | undefined {
    return this.ts
      .getDecorators(node)
      ?.map(({ expression }) => expression)
      .filter((expression) => this.ts.isCallExpression(expression))
      .find(({ expression }) => names.includes(expression.getText(this.file)));
  }

  private moduleOptions(module: string): typescript.ObjectLiteralExpression | undefined {
    const declared = this.findClass(module);
    const options = declared && this.decoratorCall(declared, ['Module'])?.arguments[0];
    return options && this.ts.isObjectLiteralExpression(options) ? options : undefined;
  }

  private findProperty(options: typescript.ObjectLiteralExpression, name: string): typescript.Node | undefined {
    const found = options.properties.find((property) => property.name?.getText() === name);
    return found && this.ts.isPropertyAssignment(found) ? found.initializer : found;
  }
}
