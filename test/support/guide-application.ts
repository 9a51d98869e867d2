import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { tempFolder } from './temp-folder.js';

/** Matches a code block whose first line names the block's file. */
const FILE = /```ts\n\/\/ (\S+\.ts)\n([^]*?)```/g;

const MAIN = `import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
await app.listen(0, '127.0.0.1');
console.log(\`Listening on \${await app.getUrl()}\`);
`;

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  strict: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  skipLibCheck: true,
  declaration: true, // as a library, which others must be able to name each type of
};

export interface GuideApplication {
  readonly folder: string;
  readonly problems: readonly string[];
}

/** The blocks compile as for a reader: with links to this package's build and to all other packages. */
export async function compileGuideApplication(page: string): Promise<GuideApplication> {
  const folder = await tempFolder('guide-application-');
  await linkPackages(join(folder, 'node_modules'));
  const files = new Map(Array.from(page.matchAll(FILE), ([, name = '', code = '']) => [name, code]));
  files.set('main.ts', MAIN).set('package.json', '{ "type": "module" }');
  for (const [name, text] of files) await writeFile(join(folder, name), text);

  const roots = [...files.keys()].filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));
  const program = ts.createProgram(roots, OPTIONS, hostIn(folder));
  program.emit();
  const problems = ts
    .getPreEmitDiagnostics(program)
    .map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
  return { folder, problems };
}

async function linkPackages(folder: string): Promise<void> {
  await mkdir(folder);
  for (const name of await readdir('node_modules')) await symlink(resolve('node_modules', name), join(folder, name));
  await symlink(resolve('.'), join(folder, 'nestjs-audit-ledger'));
}

/** The compiler must look for types in this folder, wherever the tests run. */
function hostIn(folder: string): ts.CompilerHost {
  return { ...ts.createCompilerHost(OPTIONS), getCurrentDirectory: () => folder };
}
