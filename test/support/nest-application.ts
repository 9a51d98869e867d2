import typescript from 'typescript';
import { nestAdd, type NestAddOptions } from '../../src/schematics/nest-add.js';
import type { SchematicContext, Tree } from '../../src/schematics/tree.js';

class MemoryTree implements Tree {
  readonly written: string[] = [];

  constructor(readonly files: Map<string, string>) {}

  exists = (path: string): boolean => this.files.has(path);
  read = (path: string): string | null => this.files.get(path) ?? null;
  getDir = (folder: string): ReturnType<Tree['getDir']> => ({
    subfiles: [...this.files.keys()]
      .filter((path) => path.startsWith(folder) && !path.slice(folder.length).includes('/'))
      .map((path) => path.slice(folder.length)),
    visit: (visitor) => {
      for (const path of this.files.keys()) if (path.startsWith(`${folder}/`)) visitor(path);
    },
  });
  create = (path: string, text: string): void => {
    if (this.files.has(path)) throw new Error(`${path} exists`);
    this.overwrite(path, text);
  };
  overwrite = (path: string, text: string): void => {
    this.written.push(path);
    this.files.set(path, text);
  };
}

export const NEST_11 = {
  '/package.json': JSON.stringify({
    name: 'shop',
    dependencies: { '@nestjs/common': '^11.0.1', rxjs: '^7.8.1' },
    devDependencies: { jest: '^30.0.0', '@types/node': '^24.0.0' },
  }),
  '/nest-cli.json': '{ "sourceRoot": "src" }',
  '/.gitignore': 'node_modules\n.env\n',
  '/src/main.ts': `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env.PORT ?? 3000);
}
bootstrap();
`,
  '/src/app.module.ts': `import { Module } from '@nestjs/common';
import { AppController } from './app.controller';

@Module({
  imports: [],
  controllers: [AppController],
})
export class AppModule {}
`,
  '/src/app.controller.ts': `import { Controller, Get } from '@nestjs/common';

@Controller('greetings')
export class AppController {
  @Get('first')
  getHello(): string {
    return 'Hello World!';
  }
}
`,
};

export type Files = Readonly<Record<string, string>>;

interface Added {
  readonly tree: MemoryTree;
  readonly said: string;
  readonly warned: string;
  readonly tasks: readonly object[];
}

export function add(
  files: Files | MemoryTree,
  options: NestAddOptions = {},
  ts: typeof typescript | null = typescript,
): Added {
  const tree = new MemoryTree(files instanceof MemoryTree ? files.files : new Map(Object.entries(files)));
  const said: string[] = [];
  const warned: string[] = [];
  const tasks: object[] = [];
  const context: SchematicContext = {
    logger: { info: (message) => said.push(message), warn: (message) => warned.push(message) },
    addTask: (task) => tasks.push(task.toConfiguration()),
  };
  nestAdd(options, () => ts ?? undefined)(tree, context);
  return { tree, said: said.join('\n'), warned: warned.join('\n'), tasks };
}

export const readFile = ({ tree }: Added, path: string): string => tree.files.get(path) ?? '';
export function syntaxErrors({ tree }: Added): readonly string[] {
  return [...tree.files]
    .filter(([path]) => path.endsWith('.ts'))
    .flatMap(([path, text]) => {
      const { diagnostics = [] } = typescript.transpileModule(text, {
        reportDiagnostics: true,
        compilerOptions: { experimentalDecorators: true, target: typescript.ScriptTarget.ES2022 },
      });
      return diagnostics.map(
        ({ messageText }) => `${path}: ${typescript.flattenDiagnosticMessageText(messageText, ' ')}`,
      );
    });
}
