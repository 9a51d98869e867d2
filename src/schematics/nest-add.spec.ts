import { describe, expect, it } from '@jest/globals';
import { add, fileOf, NEST_11, syntaxErrors, type Files } from '../../test/support/nest-application.js';

const withModule = (text: string): Files => ({ ...NEST_11, '/src/app.module.ts': text });

describe('nest add', () => {
  it('adds the modules to the root module, the shutdown hooks, and an example', () => {
    const added = add(NEST_11);

    expect(fileOf(added, '/src/app.module.ts')).toBe(`import { Module } from '@nestjs/common';
import { AppController } from './app.controller';
import { AuditModule } from 'nestjs-audit-ledger';
import { MonitoringModule } from 'nestjs-audit-ledger/monitoring';
import { auditOptions, ledgerOptions } from './audit/audit.options';

@Module({
  imports: [
    AuditModule.forRootAsync({ useFactory: auditOptions }),
    MonitoringModule.forRootAsync({ useFactory: ledgerOptions }),
  ],
  controllers: [AppController],
})
export class AppModule {}
`);
    expect(fileOf(added, '/src/main.ts')).toContain('  app.enableShutdownHooks();\n  await app.listen(');
    expect(fileOf(added, '/src/app.controller.ts')).toContain("  @Get('first')\n  @Audited('get_hello')\n  getHello()");
    expect(fileOf(added, '/src/audit/audit.options.ts')).toContain("from './access-of';");
    expect(syntaxErrors(added)).toEqual([]);
    expect(added.warned).toBe('');
    expect(added.said).toContain('Nest 11, Express, CommonJS, Jest');
    expect(added.said).toContain('request GET /greetings/first');
  });

  it('adds the package that is missing, and installs it', () => {
    const added = add(NEST_11);

    expect(JSON.parse(fileOf(added, '/package.json'))).toMatchObject({
      dependencies: { pg: '^8.11', rxjs: '^7.8.1' },
    });
    expect(added.tasks).toEqual([expect.objectContaining({ name: 'node-package' })]);
  });

  it.each([
    ['drizzle-orm', 'Drizzle', 'Return transactions: (work) => db.transaction(work) from auditOptions()'],
    ['@prisma/client', 'Prisma', 'new PrismaPg(new Pool({ connectionString }))'],
    ['typeorm', 'TypeORM', 'extra: { Client }'],
  ])('recognises %s, and says what its transactions and row changes need', (name, orm, step) => {
    const manifest = JSON.stringify({ dependencies: { '@nestjs/common': '^12.0.1', [name]: '*' } });
    const added = add({ ...NEST_11, '/package.json': manifest });
    expect(added.said).toContain(`, ${orm}`);
    expect(added.said).toContain(step);
  });

  it('leaves .env to an application that reads it', () => {
    const manifest = JSON.stringify({ dependencies: { '@nestjs/common': '^11.0.1', '@nestjs/config': '^4.0.0' } });

    expect(fileOf(add({ ...NEST_11, '/package.json': manifest }), '/src/audit/audit.options.ts')).not.toContain(
      'parseEnv',
    );
    expect(fileOf(add(NEST_11), '/src/audit/audit.options.ts')).toContain('parseEnv');
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
    expect(fileOf(added, '/src/app.module.ts')).toContain(
      '    MonitoringModule.forRootAsync({ useFactory: ledgerOptions }),\n    ConfigModule.forRoot({\n',
    );
    expect(fileOf(added, '/.env')).toContain('AUDIT_DATABASE_URL=');
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
    const text = fileOf(added, '/src/app.module.ts');

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

    expect(fileOf(added, '/src/app.module.ts')).toBe(text);
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
