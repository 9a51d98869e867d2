import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Module, type INestApplication, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import ts from 'typescript';
import { DataSource } from 'typeorm';
import {
  ActionLogger,
  API_KEY_EVENTS,
  AuditAggregator,
  AuditContext,
  AuditModule,
  AuditProvider,
  AuditTrail,
  AuthAudit,
  EventLogger,
  MFA_EVENTS,
  OAUTH_EVENTS,
  type AuditEvent,
} from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const apps: INestApplication[] = [];
let database: TestDatabase;
let source: DataSource;
let guide: string;

beforeAll(async () => {
  guide = await readFile('docs/guides/coming-from.md', 'utf8');
  database = await createTestDatabase({ empty: true });
  source = await new DataSource({ type: 'postgres', url: database.url, poolSize: 2 }).initialize();
});
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});

const blocksOf = (text: string): readonly string[] =>
  Array.from(text.matchAll(/```\w+\n([^]*?)```/g), ([, code = '']) => code);
const isProvider = (block: string): boolean => block.includes('@AuditProvider');

/** Each call, and ours beside it. */
function pairsOf(text: string): readonly (readonly [string, string])[] {
  const calls = blocksOf(text).filter((block) => !isProvider(block));
  return calls.flatMap((theirs, index) => (index % 2 === 0 ? [[theirs, calls[index + 1] ?? ''] as const] : []));
}

function sectionOf(heading: string): string {
  const [, rest = ''] = guide.split(`\n## ${heading}\n`);
  const [section = ''] = rest.split('\n## ');
  return section;
}

it.each([
  ["The core's `log_event`", ['logEvent']],
  ['The domain service', ['logEvent', 'context', 'level', 'options']],
  [
    "The provider contract: `logAction`, and the tenancy's administrators' log",
    ['logAction', 'companyId', '@AuditProvider'],
  ],
  ['Audit actions', ['attempted', 'succeeded', 'denied', 'record']],
  ['The authentication quick reference', [...OAUTH_EVENTS, ...MFA_EVENTS, ...API_KEY_EVENTS, ...methodsOfAuth()]],
  ['In a transaction of yours', ['logEvent', 'logAction', 'record', 'attempted', 'tokenRevoked']],
])('the section "%s" shows its calls beside ours', (heading, calls) => {
  const pairs = pairsOf(sectionOf(heading));
  const shown = [...pairs.map(([theirs]) => theirs), ...blocksOf(sectionOf(heading)).filter(isProvider)].join('\n');

  expect(pairs.length).toBeGreaterThan(0);
  for (const call of calls) expect(shown).toContain(call);
});

it('every block of code is TypeScript, and compiles, as one with a wrong name does not', () => {
  const wrong = "await events.logEvent('user_login', { userld: 1 });";

  expect(new Set(Array.from(guide.matchAll(/```(\w+)\n/g), ([, language]) => language))).toEqual(new Set(['ts']));
  expect(blocksOf(guide).filter((block) => !isProvider(block)).length % 2).toBe(0);
  expect(problemsOf([...blocksOf(guide), wrong])).toEqual([expect.stringContaining("'userld' does not exist")]);
});

it('each call records the same events as ours', async () => {
  for (const [theirs, ours] of pairsOf(guide)) {
    const recorded = await numberedEventsOf(theirs);
    expect(recorded.length).toBeGreaterThan(0);
    expect(recorded).toEqual(await numberedEventsOf(ours));
  }
});

it('of the transaction, nothing but the attempt is left after a rollback', async () => {
  for (const block of pairsOf(sectionOf('In a transaction of yours'))[0] ?? []) {
    const { recorded } = await run(block.replace('commitTransaction', 'rollbackTransaction'));
    expect(recorded()).toMatchObject([{ type: 'order_shipment_attempted' }]);
  }
});

it('the provider gets what the administrators do, and of other categories nothing', async () => {
  const [block = ''] = blocksOf(guide).filter(isProvider);
  const FileLog = (await new AsyncFunction('AuditProvider', `${transpile(block)}; return FileLog;`)(
    AuditProvider,
  )) as Type<{ readonly lines: readonly string[] }>; // as the block declares it
  const calls = pairsOf(sectionOf("The provider contract: `logAction`, and the tenancy's administrators' log"));
  const { app } = await run(`${calls[1]?.[0]} await events.logEvent('order_created');`, [FileLog]);

  expect(app.get(FileLog).lines).toEqual(['1 role_assigned user 77', '1 settings_changed unknown locale']);
});

describe('of a provider that answers no', () => {
  it('the call says no', async () => {
    @AuditProvider({ backend: 'file' })
    class NoLog implements AuditProvider {
      record(): Promise<boolean> {
        return Promise.resolve(false);
      }
    }
    const { app } = await run('', [NoLog], false);

    expect(await app.get(ActionLogger).logAction({ adminUserId: 1, action: 'role_assigned' })).toBe(false);
  });
});

/** Runs a compiled block with the names that the guide says it has. */
async function run(code: string, providers: Type[] = [], hasMemory = true) {
  @Module({
    imports: [AuditModule.forRoot()],
    providers: [...providers, ...(hasMemory ? [InMemoryAuditProvider] : [])],
  })
  class GuideModule {}
  const testing = await Test.createTestingModule({ imports: [GuideModule] }).compile();
  const app = testing.createNestApplication({ logger: false });
  apps.push(await app.init());
  const runner = source.createQueryRunner();
  const names = {
    AuditContext,
    audit: app.get(AuditAggregator),
    events: app.get(EventLogger),
    actions: app.get(ActionLogger),
    trail: app.get(AuditTrail),
    auth: app.get(AuthAudit),
    runner,
  };
  try {
    await new AsyncFunction(...Object.keys(names), transpile(code))(...Object.values(names));
  } finally {
    await runner.release();
  }
  return { app, recorded: (): readonly AuditEvent[] => app.get(InMemoryAuditProvider).events };
}

/** The events that a block records, with their ids and times numbered by their first appearance. */
async function numberedEventsOf(code: string): Promise<readonly unknown[]> {
  const { recorded } = await run(code);
  const ids = new Map<string, number>();
  const json = JSON.stringify(recorded().map((event) => ({ ...event, occurredAt: undefined })));
  const numbered = json.replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, (id) => {
    ids.set(id, ids.get(id) ?? ids.size);
    return `id ${ids.get(id)}`;
  });
  return JSON.parse(numbered) as readonly unknown[]; // made of a list
}

type Run = (...values: unknown[]) => Promise<unknown>;
const AsyncFunction = (async () => Promise.resolve()).constructor as new (...texts: string[]) => Run;

/** The calls of `AuthAudit`, by name. */
function methodsOfAuth(): readonly string[] {
  const own = Object.getOwnPropertyNames(AuthAudit.prototype);
  return own.filter((name) => !['constructor', 'record'].includes(name));
}

const COMPILER: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ['lib.es2023.d.ts', 'lib.es2024.string.d.ts'],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  experimentalDecorators: true,
  skipLibCheck: true,
  noEmit: true,
};

function transpile(code: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, experimentalDecorators: true };
  return ts.transpileModule(code, { compilerOptions }).outputText;
}

/** What the compiler says of the blocks, each a file of its own beside this one that is never written. */
function problemsOf(blocks: readonly string[]): readonly string[] {
  const preamble = `import { AuditContext, AuditProvider, type ActionLogger, type AuditAggregator, type AuditEvent, type AuditTrail, type AuthAudit, type EventLogger } from '../../src/audit/index.js';
    import type { QueryRunner } from 'typeorm';
    declare const audit: AuditAggregator, events: EventLogger, actions: ActionLogger, trail: AuditTrail, auth: AuthAudit, runner: QueryRunner;
    void AuditContext;\n`;
  const files = new Map(
    blocks.map((block, index) => [resolve(`test/integration/guide-block-${index}.ts`), preamble + block]),
  );
  const host = ts.createCompilerHost(COMPILER);
  const withBlocks: ts.CompilerHost = {
    ...host,
    fileExists: (path) => files.has(path) || host.fileExists(path),
    readFile: (path) => files.get(path) ?? host.readFile(path),
    getSourceFile: (path, options) => {
      const text = files.get(path);
      return text === undefined ? host.getSourceFile(path, options) : ts.createSourceFile(path, text, options);
    },
  };
  const program = ts.createProgram([...files.keys()], COMPILER, withBlocks);
  return [...files.keys()].flatMap((path) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(path))
      .map(({ messageText }) => `${path}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`),
  );
}
