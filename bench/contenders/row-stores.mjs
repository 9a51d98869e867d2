import { NestFactory } from '@nestjs/core';
import { AuditAggregator } from 'nestjs-audit-ledger';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { rootModule } from './decorate.mjs';
import { auditImports } from './ours.mjs';
import { makeTeamRow, TEAM_COLUMNS, TeamAudit } from './team-audit.mjs';
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

const STORED = Object.entries(TeamAudit.options.columns).filter(([property]) => property !== 'id');
const NAMES = TEAM_COLUMNS.filter((name) => name !== 'id').join(', ');
const INSERT =
  `INSERT INTO team_audit (${NAMES}) SELECT * FROM unnest(` +
  STORED.map(([, { type }], index) => `$${index + 1}::${type}[]`).join(', ') +
  ')';

function makeBatch() {
  return Array.from({ length: BATCH }, () => makeTeamRow(makeFacts()));
}

function textOf(row, property) {
  const value = row[property] ?? null;
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}

async function insertBatch(pool, rows) {
  const values = STORED.map(([property]) => rows.map((row) => textOf(row, property)));
  await pool.query({ name: 'insert', text: INSERT, values });
  return rows.length;
}
