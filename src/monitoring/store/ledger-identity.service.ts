import { Inject, Injectable, Logger } from '@nestjs/common';
import { getErrorMessage, getSource, type TransactionManager, type TransactionSource } from '../../audit/nest-free.js';
import { LedgerPool } from './sessions/ledger-pools.service.js';

interface Identity {
  readonly server: unknown;
  readonly database: unknown;
  readonly schema: string;
}

const SERVER = `extract(epoch FROM pg_postmaster_start_time())::text AS server, current_database() AS database`;

const FIND_HOME = `
  SELECT ${SERVER}, (SELECT quote_ident(n.nspname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                     WHERE c.oid = to_regclass('audit_event')) AS schema`;

/** Reads only system catalogues, because a failed read of another table would abort the caller's transaction. */
const SELECT_CURRENT = `
  SELECT ${SERVER}, EXISTS (
    SELECT FROM pg_proc WHERE proname = 'audit_accept' AND pronamespace = to_regnamespace($1)
       AND has_schema_privilege(pronamespace, 'USAGE') AND has_function_privilege(oid, 'EXECUTE')) AS ready`;

/** The pause between attempts to reach a ledger that does not respond, so that not every transaction waits for it. */
const RETRY_MS = 10_000;

/** Determines whether a transaction runs in the ledger's own database. Only such a transaction can contain the ledger's events. */
@Injectable()
export class LedgerIdentity {
  private readonly logger = new Logger('AuditLedger');
  private readonly schemas = new WeakMap<TransactionSource, string | undefined>();
  private failedAt = -Infinity;

  constructor(@Inject(LedgerPool) private readonly pool: LedgerPool) {}

  /**
   * Resolves with the ledger's quoted schema if `manager` uses the ledger's database and may append events. In all other cases, and while
   * the ledger does not respond, resolves with `undefined`. Stores a final answer for each data source, and then sends no further queries.
   */
  async schemaFor(manager: TransactionManager): Promise<string | undefined> {
    const source = getSource(manager);
    if (!source || source.options?.type !== 'postgres') return undefined;
    if (this.schemas.has(source)) return this.schemas.get(source);
    const home = await this.findHome();
    if (!home) return undefined;
    // The PostgreSQL client returns the rows of the statement.
    const rows = (await manager.query(SELECT_CURRENT, [home.schema])) as readonly (Omit<Identity, 'schema'> & {
      ready: boolean;
    })[];
    const seen = rows[0];
    const isHere = seen !== undefined && seen.server === home.server && seen.database === home.database;
    if (!isHere) {
      this.logger.warn(
        "Cannot record events within the transactions of a data source: its database is not the ledger's. " +
          'Events are recorded after the commit. To commit the events with the data, connect the data source to the database of the ledger.',
      );
    } else if (!seen.ready) {
      this.logger.error(
        `Cannot record events within transactions: the function ${home.schema}.audit_accept is missing, or not allowed. ` +
          "They are recorded after the commit. Run the migrations, and grant EXECUTE to the application's role.",
      );
      return undefined;
    }
    this.schemas.set(source, isHere ? home.schema : undefined);
    return this.schemas.get(source);
  }

  private async findHome(): Promise<Identity | undefined> {
    if (performance.now() - this.failedAt < RETRY_MS) return undefined;
    try {
      const { rows } = await this.pool.query({ text: FIND_HOME });
      const { server, database, schema } = rows[0] ?? {};
      if (typeof schema !== 'string') throw new Error('the table audit_event is missing; run the migrations');
      return { server, database, schema };
    } catch (error) {
      this.failedAt = performance.now();
      this.logger.warn(
        `Cannot record events within transactions now: ${getErrorMessage(error)}. ` +
          'Until the ledger responds, they are recorded after the commit.',
      );
      return undefined;
    }
  }
}
