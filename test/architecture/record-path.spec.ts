import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import ts from 'typescript';

/** Matches a step of docs/architecture.md: `1. \`name\` in \`file\` …`. */
const STEP = /^\d+\. `(\w+)` in `(src\/[^`]+)` /gm;
const MAX_STEPS = 15;

interface Step {
  readonly name: string;
  readonly file: string;
}

const page = await readFile('docs/architecture.md', 'utf8');
const steps: readonly Step[] = [...page.matchAll(STEP)].map(([, name = '', file = '']) => ({ name, file }));

async function listCalls({ name, file }: Step): Promise<ReadonlySet<string> | undefined> {
  const source = ts.createSourceFile(file, await readFile(file, 'utf8'), ts.ScriptTarget.Latest, true);
  let calls: Set<string> | undefined;
  const collect = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) calls?.add(node.expression.getText().split('.').at(-1) ?? '');
    node.forEachChild(collect);
  };
  const visit = (node: ts.Node): void => {
    if (isNamedFunction(node, name)) {
      calls ??= new Set();
      collect(node);
    }
    node.forEachChild(visit);
  };
  visit(source);
  return calls;
}

function isNamedFunction(node: ts.Node, name: string): boolean {
  if (ts.isFunctionDeclaration(node) || ts.isFunctionExpression(node) || ts.isMethodDeclaration(node)) {
    return node.name?.getText() === name && node.body !== undefined;
  }
  return ts.isPropertyDeclaration(node) && node.name.getText() === name && node.initializer !== undefined;
}

describe('the path from the answer to the row', () => {
  it(`has at most ${MAX_STEPS} functions`, () => {
    expect(steps.length).toBeGreaterThan(5);
    expect(steps.length).toBeLessThanOrEqual(MAX_STEPS);
  });

  it.each(steps.map((step, index) => ({ ...step, next: steps[index + 1]?.name ?? 'work' })))(
    'goes by $name in $file, which calls $next',
    async ({ next, ...step }) => {
      expect(await listCalls(step)).toContain(next);
    },
  );
});
