import { ok } from './check.js';
import { createFirstIdAt } from './id-time.js';
import { runningCheck, type LedgerDisk } from './ledger-state.js';
import { LEDGERS_SCHEMA } from './schema/read-protection.js';
import type { LedgerQueries } from './sessions/ledger-session.js';

/** The days for which the growth of the ledger is shown. */
export const GROWTH_DAYS = 30;
/** With fewer events, most of the disk is that of empty tables. */
const MIN_FORECAST_EVENTS = 5_000;

/** Shows the disk that the ledger needs, and its growth. */
export const DISK = runningCheck('disk', ['ledger'], ({ ledger: { disk } }) => {
  const { bytes, bytesPerEvent, newEvents } = disk ?? { bytes: 0, bytesPerEvent: 0, newEvents: 0 };
  const newBytes = newEvents * bytesPerEvent;
  const perYear = formatBytes((newBytes * 365) / GROWTH_DAYS);
  const growth =
    newEvents < MIN_FORECAST_EVENTS
      ? `The last ${GROWTH_DAYS} days added ${newEvents} events. From ${MIN_FORECAST_EVENTS} on, there is a forecast; until then, plan 2 KiB an event.`
      : `The last ${GROWTH_DAYS} days added about ${formatBytes(newBytes)}, which is ${perYear} a year without retention.`;
  const message = `The ledger has ${formatBytes(bytes)} on the disk: ${formatBytes(bytesPerEvent)} an event, with row changes and reads.`;
  return ok(`${message} ${growth}`, { bytes, bytesPerEvent, newEvents, newBytes });
});

function formatBytes(bytes: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), 4);
  return `${Number((bytes / 1024 ** power).toPrecision(3))} ${['bytes', 'KiB', 'MiB', 'GiB', 'TiB'][power] ?? ''}`;
}

/** Reads the disk that the ledger takes now. Rejects with the error of the PostgreSQL client. */
export async function readDisk(session: LedgerQueries): Promise<LedgerDisk> {
  const [row = {}] = await session.rows(SIZES, [createFirstIdAt(new Date(Date.now() - GROWTH_DAYS * 86_400_000))]);
  const [size, bytes] = [Number(row.size ?? 0), Number(row.bytes)];
  return {
    bytes,
    bytesPerEvent: size === 0 ? 0 : Math.round(bytes / Math.max(size - Number(row.retired), 1)),
    newEvents: row.first_new === null ? 0 : Math.max(size - Number(row.first_new), 0),
  };
}

const SIZES = String.raw`
  SELECT (SELECT max(size) FROM audit_checkpoint)::float8 AS size,
         (SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relnamespace = ${LEDGERS_SCHEMA} AND relkind = 'r'
             AND relname LIKE 'audit\_%')::float8 AS bytes,
         (SELECT coalesce(sum(events), 0) FROM audit_retirement WHERE state = 'retired')::float8 AS retired,
         (SELECT index FROM audit_leaf WHERE event_id >= $1 ORDER BY event_id LIMIT 1)::float8 AS first_new`;
