import { type DynamicModule, type INestApplication } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { type AuditModuleOptions, type TableRules } from '../../src/audit/index.js';
import { AuditQuery, type LedgerEvent } from '../../src/monitoring/index.js';
import { RowChangesModule, type RowChangesOptions } from '../../src/extensions/row-changes/index.js';
import { RowChangeDrain } from '../../src/extensions/row-changes/row-change-drain.service.js';
import { buildCaptureStatements } from '../../src/extensions/row-changes/triggers/trigger-sql.js';
import { planTables } from '../../src/extensions/row-changes/plan-tables.js';
import { freshKeyFile } from './fresh-key-file.js';
import { startLedgerApp } from './ledger-app.js';
import { withClient } from './sql.js';
import type { TestDatabase } from './test-database.js';
import { tempFolder } from './temp-folder.js';
import { drained } from './settled.js';

export interface RowChangesScene {
  readonly app: INestApplication;
  /** Resolves after every captured change is drained. */
  events(resourceType?: string): Promise<readonly LedgerEvent[]>;
  drainError(): unknown;
  close(): Promise<void>;
}

export async function startRowChanges(
  database: TestDatabase,
  capture: RowChangesOptions = {},
  audit: AuditModuleOptions = {},
  imports: readonly DynamicModule[] = [],
  signingKeyFile = freshKeyFile(),
): Promise<RowChangesScene> {
  const spillDir = await tempFolder('audit-spill-');
  const { app } = await startLedgerApp(database.url, {
    audit: { spillDir, ...audit },
    imports: [...imports, ScheduleModule.forRoot()],
    monitoring: { signingKeyFile },
    extensions: [RowChangesModule.forRoot(capture)],
  });
  return {
    app,
    async events(resourceType) {
      await drained(database);
      const { items } = await app.get(AuditQuery).find(
        { scope: 'all' },
        {
          category: ['data_change'],
          ...(resourceType === undefined ? {} : { resourceType: [resourceType] }),
          limit: 200,
          order: 'asc',
        },
      );
      return items;
    },
    drainError: () => app.get(RowChangeDrain).status.error,
    close: () => app.close(),
  };
}

export async function captureTables(
  url: string,
  tables: Readonly<Record<string, TableRules>>,
  ledger = 'public',
): Promise<void> {
  await withClient(url, async (client) => {
    const runner = {
      query: async (text: string, values?: unknown[]) =>
        (await client.query<Record<string, unknown>>(text, values)).rows,
    };
    for (const table of await planTables(runner, { tables })) {
      for (const statement of buildCaptureStatements(table, ledger)) await client.query(statement);
    }
  });
}
