import { NestFactory } from '@nestjs/core';
import { AuditAggregator } from 'nestjs-audit-ledger';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { rootModule } from './decorate.mjs';
import { auditImports } from './ours.mjs';
import { INSERT_MANY, makeTeamRow, TeamAudit, valuesOfRow } from './team-audit.mjs';
import { makeFacts, makeInput, runAsRequest } from './typical-event.mjs';

const OUTSTANDING_EVENTS = 1_000;
const CLIENTS = 16;
const BATCH = 500;
const BATCHES_IN_FLIGHT = 2;

/**
 * Ways to store the same row, by name. Each way opens with the address of a database, and returns `outstanding`: how many calls of
 * `storeSome()` should run at the same time. A call of `storeSome()` resolves with the number of rows that it committed.
 */
export const ROW_STORES = {
  record: (database) => openRecord(auditImports(database)),
  unnest: (database) => openPool(database, (pool) => insertBatch(pool, makeBatch())),
  save: openRepository,
};

async function openRecord(imports) {
  const app = await NestFactory.createApplicationContext(rootModule({ imports }), {
    logger: ['error', 'fatal'],
    abortOnError: false,
  });
  const audit = app.get(AuditAggregator);
  return {
    outstanding: OUTSTANDING_EVENTS,
    storeSome: async () => {
      const { recorded } = await runAsRequest(() => audit.record('order_creation', makeInput()));
      if (!recorded) throw new Error('an event was not recorded');
      return 1;
    },
    close: () => app.close(),
  };
}

/** Stores rows with 16 clients that each await `repository.save()`. */
async function openRepository({ url }) {
  const dataSource = new DataSource({ type: 'postgres', url, entities: [TeamAudit], poolSize: CLIENTS });
  await dataSource.initialize();
  const repository = dataSource.getRepository(TeamAudit);
  return {
    outstanding: CLIENTS,
    storeSome: async () => {
      await repository.save(makeTeamRow(makeFacts()));
      return 1;
    },
    close: () => dataSource.destroy(),
  };
}

async function openPool({ url }, storeSome) {
  const pool = new pg.Pool({ connectionString: url, max: BATCHES_IN_FLIGHT });
  return { outstanding: BATCHES_IN_FLIGHT, storeSome: () => storeSome(pool), close: () => pool.end() };
}

function makeBatch() {
  return Array.from({ length: BATCH }, () => makeTeamRow(makeFacts()));
}

async function insertBatch(pool, rows) {
  const all = rows.map(valuesOfRow);
  await pool.query({ ...INSERT_MANY, values: all[0].map((_, column) => all.map((values) => values[column])) });
  return rows.length;
}
