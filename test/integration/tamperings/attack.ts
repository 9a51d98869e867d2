import { randomBytes } from 'node:crypto';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { GIVEN_COLUMNS, createTestDatabase, runSql, tempFolder, type TestDatabase } from '../../support/index.js';
import type { TamperScene } from './scene.js';
import type { Attacker } from './tampering.js';

/** The logins of the tests: an application's that does not own the ledger, and an auditor's. */
export interface Logins {
  readonly writer: string;
  readonly auditor: string;
}

type Rows = readonly Readonly<Record<string, unknown>>[];

/** The scene in somebody's hands. */
export class Attack {
  private own: string | undefined;

  private constructor(
    readonly scene: TamperScene,
    readonly as: Attacker,
    private readonly logins: Logins,
    /** Of the superuser, who acts as whoever tampers, within a transaction that is rolled back; of a copy, which is dropped, without. */
    readonly client: pg.Client,
    /** A copy of the scene, where what is done is committed. */
    private readonly copy: TestDatabase | undefined,
  ) {}

  static async open(scene: TamperScene, as: Attacker, logins: Logins, isCopy: boolean): Promise<Attack> {
    const copy = isCopy ? await createTestDatabase({ copyOf: scene.database }) : undefined;
    const client = new pg.Client({ connectionString: (copy ?? scene.database).superuserUrl });
    await client.connect();
    // A session of an earlier check that the server has not ended yet gives way, and not this one.
    await client.query(`SET deadlock_timeout = '5s'`);
    if (!copy) await client.query('BEGIN');
    return new Attack(scene, as, logins, client, copy);
  }

  get database(): TestDatabase {
    return this.copy ?? this.scene.database;
  }

  /** Runs statements as whoever tampers. */
  async sql(text: string, values?: readonly unknown[]): Promise<Rows> {
    const result = await this.client.query<Record<string, unknown>>(
      text,
      values === undefined ? undefined : [...values],
    );
    return Array.isArray(result) ? [] : result.rows;
  }

  /** Runs statements in which `<middle>` is the id of an event of the scene, `<#middle>` its index, `<free>` the free id. */
  async run(sql: string): Promise<Rows> {
    const { holds, ids } = this.scene;
    const texts: Readonly<Record<string, string>> = {
      partition: sql.includes('<partition>') ? await this.partition() : '',
      columns: GIVEN_COLUMNS,
      auditor: this.logins.auditor,
      database: this.database.name,
      free: `'${this.freeId}'`,
      active: `'${holds.active}'`,
      over: `'${holds.released}'`,
    };
    const filled = sql.replaceAll(/<(#?)([a-z]+(?:[+-]\d+)?)>/g, (_all, isIndex: string, name: string) =>
      isIndex ? String(this.indexAt(name)) : (texts[name] ?? `'${ids[this.indexAt(name)] ?? ''}'`),
    );
    return this.sql(filled);
  }

  /**
   * Does it with the rights of whoever tampers, and puts back what that takes: nobody is to see that anything was changed.
   * Resolves with what the server refused.
   */
  async tamper(work: () => Promise<unknown>): Promise<string | undefined> {
    const scope = this.copy ? '' : 'LOCAL';
    const role = this.as === 'owner' ? 'app' : this.as === 'writer' ? this.logins.writer : undefined;
    if (role !== undefined) await this.sql(`SET ${scope} SESSION AUTHORIZATION ${role}`);
    await this.sql(this.as === 'owner' ? switchTriggers('DISABLE') : loosen(this.as, scope));
    if (!this.copy) await this.sql('SAVEPOINT before');
    try {
      await work();
      if (this.as === 'owner') await this.sql(switchTriggers('ENABLE'));
      return undefined;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (!this.copy) await this.sql('ROLLBACK TO before');
      return error.message;
    } finally {
      await this.sql(`RESET SESSION AUTHORIZATION; SET ${scope} session_replication_role = 'origin'`);
    }
  }

  /** Continues in the transaction with the rights of an auditor. */
  async becomeAuditor(): Promise<void> {
    await this.sql(
      `SET LOCAL SESSION AUTHORIZATION ${this.logins.auditor}; SET LOCAL ROLE audit_reader; SET LOCAL audit.reads = 'all'`,
    );
  }

  idAt(place: keyof TamperScene['at']): string {
    return this.scene.ids[this.scene.at[place]] ?? '';
  }

  /** The index of a place of the scene by its name, or one so many behind it: `middle`, `middle+3`, `kept`, `size`, `512`. */
  indexAt(name: string): number {
    const { at, size, kept } = this.scene;
    const places: Readonly<Record<string, number>> = { ...at, size, kept: kept.size };
    const [, place = '', offset = '0'] = /^(\w+)([+-]\d+)?$/.exec(name) ?? [];
    return (places[place] ?? Number(place)) + Number(offset);
  }

  /** The partition that most events are in. */
  async partition(): Promise<string> {
    const sql = 'SELECT tableoid::regclass::text AS name FROM audit_event WHERE id = $1';
    return String((await this.sql(sql, [this.idAt('middle')]))[0]?.name);
  }

  /** Of the same millisecond as the middle, and of no event. */
  get freeId(): string {
    return `${this.idAt('middle').slice(0, -12)}${'f'.repeat(12)}`;
  }

  /** The address of an auditor with no other right than to read. */
  get auditorUrl(): string {
    const address = new URL(this.database.url);
    address.username = this.logins.auditor;
    address.password = 'secret';
    return address.href;
  }

  /** A file of the scene. Changed only in copies of {@link ownFiles}. */
  file(...names: readonly string[]): string {
    return join(this.own ?? this.scene.folder, ...names);
  }

  /** Copies the files, so that they can be changed. */
  async ownFiles(): Promise<void> {
    if (this.own !== undefined) return;
    this.own = await tempFolder('audit-tampered-');
    await cp(this.scene.folder, this.own, { recursive: true });
  }

  async remove(): Promise<void> {
    if (!this.copy) await this.client.query('ROLLBACK');
    await this.client.end();
    await this.copy?.drop();
    if (this.own !== undefined) await rm(this.own, { recursive: true });
  }
}

/** Makes the logins, as docs/guides/database-roles.md has it. */
export async function makeLogins(superuserUrl: string): Promise<Logins> {
  const suffix = randomBytes(6).toString('hex');
  const logins = { writer: `tamper_writer_${suffix}`, auditor: `tamper_auditor_${suffix}` };
  await runSql(
    superuserUrl,
    `CREATE ROLE ${logins.writer} LOGIN PASSWORD 'secret'; GRANT audit_writer, audit_reader TO ${logins.writer};
     CREATE ROLE ${logins.auditor} LOGIN PASSWORD 'secret'; GRANT audit_reader TO ${logins.auditor}`,
  );
  return logins;
}

/** Call it when no database has anything of theirs any more. */
export async function dropLogins(superuserUrl: string, { writer, auditor }: Logins): Promise<void> {
  await runSql(superuserUrl, `DROP ROLE ${writer}, ${auditor}`);
}

function loosen(as: Attacker, scope: string): string {
  return as === 'writer' ? `SET ${scope} audit.reads = 'all'` : `SET ${scope} session_replication_role = 'replica'`;
}

/**
 * An owner may switch them off, and has to give themselves the rights that the migrations took away.
 * First every lock, then every right: an autovacuum worker holds a table's lock while it waits for that table's row of
 * `pg_class`, which a right changes; between the two, both would wait for each other.
 */
function switchTriggers(how: 'ENABLE' | 'DISABLE'): string {
  const each = (statement: string): string => `
    FOR t IN SELECT c.oid::regclass AS name FROM pg_class c
              WHERE c.relnamespace = 'public'::regnamespace AND c.relname LIKE 'audit\\_%' AND c.relkind IN ('r', 'p')
                AND pg_get_userbyid(c.relowner) = current_user
    LOOP EXECUTE format('${statement}', t.name); END LOOP;`;
  return `DO $$ DECLARE t record; BEGIN
    ${each(`ALTER TABLE %s ${how} TRIGGER USER`)}
    ${each('GRANT ALL ON %s TO CURRENT_USER')} END $$`;
}
