import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import ts from 'typescript';

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  jsx: ts.JsxEmit.ReactJSX,
  types: [],
  strict: true,
  noEmit: true,
  skipLibCheck: true,
};
const FILE = resolve('guide-of-the-element.tsx');

const guide = await readFile('docs/guides/viewer.md', 'utf8');
const [, react = ''] = /```tsx\n(.*?)```/s.exec(guide) ?? [];
const [, angular = ''] = /Angular,.*?```html\n(.*?)```/s.exec(guide) ?? [];

/** What TypeScript says of a component, with the types of React. */
function problemsOf(code: string): readonly string[] {
  const host = ts.createCompilerHost(OPTIONS);
  const program = ts.createProgram([FILE], OPTIONS, {
    ...host,
    fileExists: (path) => path === FILE || host.fileExists(path),
    readFile: (path) => (path === FILE ? code : host.readFile(path)),
    getSourceFile: (path, options) =>
      path === FILE ? ts.createSourceFile(path, code, options) : host.getSourceFile(path, options),
  });
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

describe('the guide of <audit-log>', () => {
  it('has a component for React that compiles', () => {
    expect(react).toContain('<audit-log');
    expect(problemsOf(react)).toEqual([]);
  });

  it('declares the attributes of the element, and no other', () => {
    const [problem = ''] = problemsOf(react.replace('tenant={tenant}', 'tennant={tenant}'));
    expect(problem).toContain('tennant');
  });

  it('names what the element has: attributes, properties and events', () => {
    const first = (heading: string): readonly string[] => {
      const [, rows = ''] = new RegExp(`\\| ${heading} .*?\\n\\|[ -|]*\\n(.*?)\\n\\n`, 's').exec(guide) ?? [];
      return Array.from(rows.matchAll(/^\| `([\w-]+)`/gm), ([, name = '']) => name);
    };
    const [attributes, events] = [first('attribute'), first('event')];
    expect(attributes).toEqual(['token', 'tenant', 'query', 'base-url', 'lang', 'theme']);
    expect(events).toEqual(['token-expired', 'query-change']);
    const bound = (pattern: RegExp): readonly string[] =>
      Array.from(angular.matchAll(pattern), ([, name = '']) => name);
    expect(attributes).toEqual(expect.arrayContaining([...bound(/\[attr\.([\w-]+)\]/g), ...bound(/\[(\w+)\]/g)]));
    expect(events).toEqual(expect.arrayContaining([...bound(/\(([\w-]+)\)=/g)]));
    expect([...bound(/[[(]([\w.-]+)[\])]=/g)]).toHaveLength(3);
  });
});
