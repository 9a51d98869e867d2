import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, isSeq, LineCounter, parseAllDocuments, type Document, type Node } from 'yaml';
import { getErrorMessage, readTextFile } from '../../../audit/nest-free.js';
import type { UnparsedRule } from './rule.js';

/**
 * Reads the rules of files, and of the `.yml` and `.yaml` files of folders, sorted by name. An unreadable file adds a message to `problems`.
 */
export function readRuleFiles(paths: readonly string[], problems: string[]): readonly RuleDocument[] {
  const readRules = (file: string): readonly RuleDocument[] => RuleDocument.listAll(readTextFile(file), file);
  return paths.flatMap((path) => {
    try {
      if (!statSync(path).isDirectory()) return readRules(path);
      const names = readdirSync(path).filter((name) => /\.ya?ml$/.test(name));
      if (names.length === 0) problems.push(`the folder ${path} has no .yml file`);
      return names.toSorted().flatMap((name) => readRules(join(path, name)));
    } catch (error) {
      problems.push(`${path} cannot be read (${getErrorMessage(error)})`);
      return [];
    }
  });
}

/** A YAML document in a rule file, with the line number of each node. */
export class RuleDocument implements UnparsedRule {
  readonly problems: string[] = [];

  private constructor(
    private readonly file: string,
    private readonly document: Document,
    private readonly lines: LineCounter,
  ) {}

  /** Parses the documents of a file, in order, without empty documents. */
  static listAll(text: string, file: string): readonly RuleDocument[] {
    const lines = new LineCounter();
    const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
    if (!Array.isArray(documents)) return [];
    return (documents as readonly Document[])
      .filter(({ contents, errors }) => contents !== null || errors.length > 0)
      .map((document) => {
        const made = new RuleDocument(file, document, lines);
        for (const { message, pos } of document.errors) made.problems.push(`${made.lineAt(pos[0])}: ${message}`);
        return made;
      });
  }

  get value(): Readonly<Record<string, unknown>> | undefined {
    if (this.problems.length > 0) return undefined;
    if (!isMap(this.document.contents)) {
      this.problem([], 'a rule is a map of keys and values');
      return undefined;
    }
    const value: unknown = this.document.toJS();
    return value as Readonly<Record<string, unknown>>; // the document is a map
  }

  problem(path: readonly (string | number)[], text: string): void {
    const name = path.length === 0 ? '' : `${path.join('.')}: `;
    this.problems.push(`${this.getSource(path)}: ${name}${text}`);
  }

  /** For a missing node, returns the place of its nearest existing parent. */
  getSource(path: readonly (string | number)[]): string {
    for (let length = path.length; length > 0; length -= 1) {
      const node = this.nodeAt(path.slice(0, length));
      if (node?.range) return this.lineAt(node.range[0]);
    }
    return this.lineAt(this.document.contents?.range?.[0] ?? 0);
  }

  private nodeAt(path: readonly (string | number)[]): Node | undefined {
    const parent = path.length === 1 ? this.document.contents : this.document.getIn(path.slice(0, -1), true);
    const last = path.at(-1);
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => String(key) === String(last));
      return pair?.key as Node | undefined; // keys of parsed documents are nodes
    }
    if (isSeq(parent) && typeof last === 'number') return parent.items[last] as Node | undefined;
    return undefined;
  }

  private lineAt(offset: number): string {
    return `${this.file}:${this.lines.linePos(offset).line}`;
  }
}
