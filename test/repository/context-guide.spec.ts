import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import type { AuditModuleOptions } from '../../src/audit/index.js';
import { compileGuideApplication } from '../support/guide-application.js';

type ActorResolver = NonNullable<AuditModuleOptions['resolveActor']>;

const ADAPTERS: readonly (readonly [name: string, request: object, actor: object])[] = [
  ['jwtActor', { user: { userId: 'u-1', username: 'ada' } }, { id: 'u-1', name: 'ada' }],
  [
    'keycloakActor',
    { user: { sub: 'u-1', preferred_username: 'ada', sid: 's-1' } },
    { id: 'u-1', name: 'ada', sessionId: 's-1' },
  ],
  [
    'betterAuthActor',
    { session: { user: { id: 'u-1', name: 'Ada' }, session: { id: 's-1' } }, user: { id: 'u-1' } },
    { id: 'u-1', name: 'Ada', sessionId: 's-1' },
  ],
  ['sessionActor', { session: { userId: 'u-1', cookie: {} }, sessionID: 'secret' }, { id: 'u-1' }],
  ['middlewareActor', { decoded: { sub: 'u-1', name: 'Ada' } }, { id: 'u-1', name: 'Ada' }],
];

const guide = await readFile('docs/guides/recording.md', 'utf8');
const uses = guide.replaceAll(
  /```ts\nAuditModule\.forRoot\(\{ resolveActor: (\w+) \}\);\n```/g,
  (_block, name: string) =>
    `\`\`\`ts\n// app.module.ts\nimport { Module } from '@nestjs/common';\nimport { AuditModule } from 'nestjs-audit-ledger';\nimport { ${name} } from './actors.js';\n\n@Module({ imports: [AuditModule.forRoot({ resolveActor: ${name} })] })\nexport class AppModule {}\n\`\`\``,
);
const application = await compileGuideApplication(uses);
const actors = (await import(pathToFileURL(join(application.folder, 'actors.js')).href)) as Readonly<
  Record<string, ActorResolver>
>;

describe('the actors of docs/guides/recording.md', () => {
  it('compile, and are all tested here', () => {
    expect(application.problems).toEqual([]);
    expect(Object.keys(actors).sort()).toEqual(ADAPTERS.map(([name]) => name).sort());
  });

  it.each(ADAPTERS)('%s finds who is logged in, and nobody where nobody is', (name, request, actor) => {
    expect(actors[name]?.(request)).toMatchObject({ type: 'user', ...actor });
    expect(actors[name]?.({ session: undefined })).toBeUndefined();
  });
});
