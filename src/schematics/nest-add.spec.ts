import { describe, expect, it } from '@jest/globals';
import { check } from 'prettier';
import { add, readFile, NEST_11, syntaxErrors, type Files } from '../../test/support/nest-application.js';

const withModule = (text: string): Files => ({ ...NEST_11, '/src/app.module.ts': text });

describe('nest add', () => {
  it('adds the modules to the root module, the shutdown hooks, and an example', () => {
    const added = add(NEST_11);

    expect(readFile(added, '/src/app.module.ts')).toBe(`import { Module } from '@nestjs/common';
import { AppController } from './app.controller';
import { AuditModule } from 'nestjs-audit-ledger';
import { MonitoringModule } from 'nestjs-audit-ledger/monitoring';
import { AuditViewerModule } from 'nestjs-audit-ledger/viewer';
import { auditOptions, ledgerOptions } from './audit/audit.options';

@Module({
  imports: [
    AuditModule.forRootAsync({ useFactory: auditOptions }),
    MonitoringModule.forRootAsync({ useFactory: ledgerOptions }),
    AuditViewerModule.forRoot(),
  ],
  controllers: [AppController],
})
export class AppModule {}
`);
    expect(readFile(added, '/src/main.ts')).toContain('  app.enableShutdownHooks();\n  await app.listen(');
    expect(readFile(added, '/src/app.controller.ts')).toContain(
      "  @Get('first')\n  @Audited('get_hello')\n  getHello()",
    );
    expect(readFile(added, '/src/audit/audit.options.ts')).toContain("from './resolve-access';");
    expect(syntaxErrors(added)).toEqual([]);
    expect(added.warned).toBe('');
    expect(added.said).toContain('Nest 11, Express, CommonJS, Jest');
    expect(added.said).toContain('request GET /greetings/first');
    expect(add(added.tree).tree.written).toEqual([]); // although pg is now a package of the application
  });

  it('adds the package that is missing, and installs it', () => {
    const added = add(NEST_11);

    expect(JSON.parse(readFile(added, '/package.json'))).toMatchObject({
      dependencies: { pg: '^8.11', rxjs: '^7.8.1' },
    });
    expect(added.tasks).toEqual([expect.objectContaining({ name: 'node-package' })]);
  });

  const uses = (name: string): Files => ({
    ...NEST_11,
    '/package.json': JSON.stringify({ dependencies: { '@nestjs/common': '^12.0.1', [name]: '*' }, type: 'module' }),
  });

  it.each([
    ['drizzle-orm', 'Drizzle', 'Return transactions: (work) => db.transaction(work) from auditOptions()'],
    ['@prisma/client', 'Prisma', 'new PrismaPg(new Pool({ connectionString }))'],
    ['typeorm', 'TypeORM', 'take Client and Pool from src/audit/audited-pg.ts: extra: { Client }'],
    ['pg', 'ES modules', 'take Client and Pool from src/audit/audited-pg.ts: new Pool({ connectionString })'],
  ])('recognises %s, and says what its transactions and row changes need', (name, orm, step) => {
    const added = add(uses(name));
    expect(added.said).toContain(`, ${orm}`);
    expect(added.said).toContain(step);
    expect(readFile(added, '/src/audit/audited-pg.ts')).toContain("import pg from 'pg';");
  });

  it.each([
    [
      'typeorm',
      "import { TypeOrmModule } from '@nestjs/typeorm';\nTypeOrmModule.forRoot({ type: 'postgres', url });\n",
      "TypeOrmModule.forRoot({ type: 'postgres', extra: { Client }, url });",
      "import { Client } from '../audit/audited-pg.js';",
    ],
    [
      '@prisma/client',
      "import { PrismaPg } from '@prisma/adapter-pg';\nnew PrismaPg({ connectionString: url });\n",
      'new PrismaPg(new Pool({ connectionString: url }));',
      "import { Pool } from '../audit/audited-pg.js';",
    ],
    [
      'drizzle-orm',
      'import { drizzle } from "drizzle-orm/node-postgres"\nexport const db = drizzle(process.env.DATABASE_URL!)\n',
      'drizzle(new Pool({ connectionString: process.env.DATABASE_URL! }))',
      'import { Pool } from "../audit/audited-pg.js"\n',
    ],
    [
      'kysely',
      "import { Pool } from 'pg';\nnew Pool();\n",
      'new Pool();',
      "import { Pool } from '../audit/audited-pg.js';",
    ],
    [
      'kysely',
      "import { Pool, type PoolClient } from 'pg';\nnew Pool();\n",
      "import { type PoolClient } from 'pg';",
      "import { Pool } from '../audit/audited-pg.js';",
    ],
    ['pg', "import pg from 'pg';\nnew pg.Pool();\n", 'new pg.Pool();', "import * as pg from '../audit/audited-pg.js';"],
  ])('makes the pools of %s those of the new file', (name, text, changed, imported) => {
    const added = add({ ...uses(name), '/src/database/database.ts': text });
    const file = readFile(added, '/src/database/database.ts');
    expect(file).toContain(changed);
    expect(file).toContain(imported);
    expect(syntaxErrors(added)).toEqual([]);
    expect(added.said).toContain('src/database/database.ts now takes pg');
    expect(JSON.parse(readFile(added, '/package.json'))).toMatchObject({ devDependencies: { '@types/pg': '^8.11' } });
    expect(add(added.tree).tree.written).toEqual([]);
  });

  it.each([
    "import pg from 'pg';\npg.types.setTypeParser(20, Number);\nnew pg.Pool();\n",
    "import type { Pool } from 'pg';\n",
    "import { PrismaPg } from '@prisma/adapter-pg';\nnew PrismaPg(settings);\n",
    "import { drizzle } from 'drizzle-orm/postgres-js';\ndrizzle(process.env.URL);\n",
    "new DataSource({ type: 'postgres', extra: { max: 5 } }); // typeorm\n",
  ])('leaves what it cannot change as it is: %s', (text) => {
    const added = add({ ...uses('pg'), '/src/database.ts': text });
    expect(readFile(added, '/src/database.ts')).toBe(text);
    expect(added.said).toContain('take Client and Pool from src/audit/audited-pg.ts');
  });

  it.each<readonly [string, Files]>([
    ['no client', NEST_11],
    ['pg', uses('pg')],
    [
      'TypeORM',
      {
        ...uses('typeorm'),
        '/src/data-source.ts': `import { DataSource } from 'typeorm';

export default new DataSource({
  type: 'postgres',
  url: process.env.DATABASE_URL,
});
`,
      },
    ],
  ])('writes with %s what the Prettier of a new application accepts', async (_client, files) => {
    const { tree } = add(files);
    const written = tree.written.filter((path) => path.endsWith('.ts'));
    const options = { parser: 'typescript', singleQuote: true, trailingComma: 'all' } as const;
    const accepted = await Promise.all(written.map((path) => check(tree.files.get(path) ?? '', options)));
    expect(written.filter((_path, nth) => accepted[nth] !== true)).toEqual([]);
  });

  it('leaves .env to an application that reads it', () => {
    const manifest = JSON.stringify({ dependencies: { '@nestjs/common': '^11.0.1', '@nestjs/config': '^4.0.0' } });

    expect(readFile(add({ ...NEST_11, '/package.json': manifest }), '/src/audit/audit.options.ts')).not.toContain(
      'parseEnv',
    );
    expect(readFile(add(NEST_11), '/src/audit/audit.options.ts')).toContain('parseEnv');
  });

  it('adds to a large application: its own shutdown hooks, modules as constants, imports between statements', () => {
    const added = add({
      '/package.json': JSON.stringify({
        dependencies: { '@nestjs/common': '11.1.0', '@nestjs/config': '4.0.0', typeorm: '0.3.26' },
      }),
      '/src/main.ts': `import 'dotenv/config';
import { NestFactory, Reflector } from '@nestjs/core';
import { AppModule } from './app.module';

async function bootstrap() {
  const app = await NestFactory.create(AppModule, { cors: true });
  app.enableShutdownHooks();
  await app.listen(app.get(ConfigService).getOrThrow('app.port', { infer: true }));
}
void bootstrap();
`,
      '/src/app.module.ts': `import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';

const database = TypeOrmModule.forRootAsync({ useClass: TypeOrmConfigService });

import { UsersModule } from './users/users.module';

@Module({
  imports: [
    ConfigModule.forRoot({
      isGlobal: true,
    }),
    database,
    UsersModule,
  ],
})
export class AppModule {}
`,
    });

    expect(added.warned).toBe('');
    expect(syntaxErrors(added)).toEqual([]);
    expect(added.tree.written).not.toContain('/src/main.ts');
    expect(readFile(added, '/src/app.module.ts')).toContain(
      '    AuditViewerModule.forRoot(),\n    ConfigModule.forRoot({\n',
    );
    expect(readFile(added, '/.env')).toContain('AUDIT_DATABASE_URL=');
    expect(added.said).toContain("Put @Audited('order_creation') on a route");
  });

  it.each([
    ['no imports', '@Module({\n  controllers: [],\n})'],
    ['imports in one line', '@Module({ imports: [HttpModule, JwtModule.register({ secret })] })'],
    [
      'imports over lines, with a comment',
      '@Module({\n    imports: [\n        HttpModule, // first\n        JwtModule,\n    ],\n})',
    ],
  ])('adds to a module with %s', (_name, decorator) => {
    const added = add(
      withModule(`import { Module } from '@nestjs/common';\n\n${decorator}\nexport class AppModule {}\n`),
    );
    const text = readFile(added, '/src/app.module.ts');

    expect(added.warned).toBe('');
    expect(syntaxErrors(added)).toEqual([]);
    expect(text.match(/MonitoringModule\.forRootAsync/g)).toHaveLength(1);
    for (const kept of decorator.match(/HttpModule|JwtModule|\/\/ first/g) ?? []) expect(text).toContain(kept);
  });

  it.each([
    ['a list that another file makes', '@Module({ imports: modules })\nexport class AppModule {}'],
    ['a spread of options', '@Module(options)\nexport class AppModule {}'],
    ['a module without a decorator', 'export class AppModule { static register() {} }'],
  ])('leaves %s as it is, and says what to add', (_name, source) => {
    const text = `import { Module } from '@nestjs/common';\n\n${source}\n`;
    const added = add(withModule(text));

    expect(readFile(added, '/src/app.module.ts')).toBe(text);
    expect(added.warned).toContain('/src/app.module.ts: add to its imports AuditModule.forRootAsync');
  });

  it.each([
    ['a missing main.ts', undefined],
    ['a main.ts that starts nothing', 'export {};\n'],
    ['a root module of another package', "import { AppModule } from '@shop/app';\nNestFactory.create(AppModule);\n"],
  ])('says what to do about %s', (_name, main) => {
    const files = Object.entries(NEST_11).filter(([path]) => path !== '/src/main.ts');
    const added = add(Object.fromEntries(main === undefined ? files : [...files, ['/src/main.ts', main]]));

    expect(added.tree.files.get('/src/main.ts')).toBe(main);
    expect(added.warned).toContain('your root module: add to its imports');
    expect(added.warned).toContain('enableShutdownHooks()');
  });
});
