import { Inject, Injectable, Logger } from '@nestjs/common';
import { errorMessage, sourceOf, type TransactionManager, type TransactionSource } from '../../../audit/plain.js';
import { LedgerPool } from './sessions/ledger-pools.service.js';

/** Identifies the ledger: the start time of its server to the microsecond, its database, its schema. */
interface Home {
  readonly server: unknown;
  readonly database: unknown;
  readonly schema: string;
}

const SERVER = `extract(epoch FROM pg_postmaster_start_time())::text AS server, current_database() AS database`;

const FIND_HOME = `
  SELECT ${SERVER}, (SELECT quote_ident(n.nspname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                     WHERE c.oid = to_regclass('audit_event')) AS schema`;

/** Reads only catalogues and cannot fail, since it runs in the caller's transaction. */
const LOOK_AROUND = `
  SELECT ${SERVER}, EXISTS (
    SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.proname = 'audit_event_append' AND quote_ident(n.nspname) = $1
      AND has_schema_privilege(n.oid, 'USAGE') AND has_function_privilege(p.oid, 'EXECUTE')) AS ready`;

/** How often an unreachable ledger is asked again: so a hanging ledger delays one transaction in this time, not each. */
const ASK_AGAIN_MS = 10_000;

/** Tells whether a transaction is in the ledger's own database, and so can hold its events. */
@Injectable()
export class LedgerHome {
  private readonly logger = new Logger('AuditLedger');
  /** The ledger's schema by data source; `undefined` if the data source has another database. */
  private readonly schemas = new WeakMap<TransactionSource, string | undefined>();
  private unansweredAt = -Infinity;

  constructor(@Inject(LedgerPool) private readonly pool: LedgerPool) {}

  /**
   * Finds the ledger's schema, quoted, if the manager's database is the ledger's and can append to it. It asks once for each data source.
   * While the ledger does not answer, it resolves with `undefined`.
   */
  async schemaFor(manager: TransactionManager): Promise<string | undefined> {
    const source = sourceOf(manager);
    if (!source || source.options?.type !== 'postgres') return undefined;
    if (this.schemas.has(source)) return this.schemas.get(source);
    const home = await this.findHome();
    if (!home) return undefined;
    // The rows of the statement, from the PostgreSQL client.
    const rows = (await manager.query(LOOK_AROUND, [home.schema])) as readonly (Omit<Home, 'schema'> & {
      ready: boolean;
    })[];
    const seen = rows[0];
    const isHere = seen !== undefined && seen.server === home.server && seen.database === home.database;
    if (!isHere) {
      this.logger.warn(
        'Cannot record events within the transactions of a data source: its database is not the one of the ledger. ' +
          'They are recorded after the commit; connect both to one database to have them commit together.',
      );
    } else if (!seen.ready) {
      this.logger.error(
        `Cannot record events within transactions: the function ${home.schema}.audit_event_append is missing, or not allowed. ` +
          "They are recorded after the commit; run the migrations, and grant EXECUTE to the application's role.",
      );
      return undefined;
    }
    this.schemas.set(source, isHere ? home.schema : undefined);
    return this.schemas.get(source);
  }

  private async findHome(): Promise<Home | undefined> {
    if (performance.now() - this.unansweredAt < ASK_AGAIN_MS) return undefined;
    try {
      const { rows } = await this.pool.query({ text: FIND_HOME });
      const { server, database, schema } = rows[0] ?? {};
      if (typeof schema !== 'string') throw new Error('the table audit_event is not there; run the migrations');
      return { server, database, schema };
    } catch (error) {
      this.unansweredAt = performance.now();
      this.logger.warn(
        `Cannot tell whether transactions can hold their events: ${errorMessage(error)}. ` +
          'Until the ledger answers, their events are recorded after the commit.',
      );
      return undefined;
    }
  }
}
