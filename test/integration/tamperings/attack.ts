import { randomBytes } from 'node:crypto';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import {
  GIVEN_COLUMNS,
  createTestDatabase,
  runSql,
  tempFolder,
  type TestDatabase,
  withRoles,
} from '../../support/index.js';
import type { TamperScene } from './scene.js';
import type { Attacker } from './tampering.js';

interface Logins {
  readonly writer: string;
  readonly auditor: string;
}

type Rows = readonly Readonly<Record<string, unknown>>[];

export class Attack {
  private own: string | undefined;

  private constructor(
    readonly scene: TamperScene,
    readonly as: Attacker,
    private readonly logins: Logins,
    /** The superuser's session. In the scene, changes are rolled back; in a copy, which is dropped, they are committed. */
    readonly client: pg.Client,
    /** Changes are committed only in a copy of the scene. */
    private readonly copy: TestDatabase | undefined,
  ) {}

  static async open(attackers: Attackers, as: Attacker, isCopy: boolean): Promise<Attack> {
    const { scene, logins } = attackers;
    if (!isCopy) return new Attack(scene, as, logins, await attackers.getSession(as), undefined);
    await attackers.leave();
    const copy = await createTestDatabase({ copyFrom: scene.database });
    return new Attack(scene, as, logins, await connect(copy), copy);
  }

  get database(): TestDatabase {
    return this.copy ?? this.scene.database;
  }

  async sql(text: string, values?: readonly unknown[]): Promise<Rows> {
    const result = await this.client.query<Record<string, unknown>>(
      await withRoles(this.client, text),
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

  /** In a copy, the rights are put back afterwards, so that a check sees no trace of the change. Resolves with the server's refusal. */
  async tamper(work: () => Promise<unknown>): Promise<string | undefined> {
    const scope = this.copy ? '' : 'LOCAL';
    const role = this.as === 'owner' ? 'app' : this.as === 'writer' ? this.logins.writer : undefined;
    if (role !== undefined) await this.sql(`SET ${scope} SESSION AUTHORIZATION ${role}`);
    if (this.as !== 'owner') await this.sql(loosen(this.as, scope));
    else if (this.copy) await this.sql(switchTriggers('DISABLE'));
    if (!this.copy) await this.sql('SAVEPOINT before');
    try {
      await work();
      if (this.as === 'owner' && this.copy) await this.sql(switchTriggers('ENABLE'));
      return undefined;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (!this.copy) await this.sql('ROLLBACK TO before');
      return error.message;
    } finally {
      await this.sql(`RESET SESSION AUTHORIZATION; SET ${scope} session_replication_role = 'origin'`);
    }
  }

  async becomeAuditor(): Promise<void> {
    await this.sql(
      `SET LOCAL SESSION AUTHORIZATION ${this.logins.auditor}; SET LOCAL ROLE audit_reader; SET LOCAL audit.reads = 'all'`,
    );
  }

  idAt(place: keyof TamperScene['at']): string {
    return this.scene.ids[this.scene.at[place]] ?? '';
  }

  /** `name` is a place such as `middle`, `kept` or `size`, an offset such as `middle+3`, or a number such as `512`. */
  indexAt(name: string): number {
    const { at, size, kept } = this.scene;
    const places: Readonly<Record<string, number>> = { ...at, size, kept: kept.size };
    const [, place = '', offset = '0'] = /^(\w+)([+-]\d+)?$/.exec(name) ?? [];
    return (places[place] ?? Number(place)) + Number(offset);
  }

  async partition(): Promise<string> {
    const sql = 'SELECT tableoid::regclass::text AS name FROM audit_event WHERE id = $1';
    return String((await this.sql(sql, [this.idAt('middle')]))[0]?.name);
  }

  /** The free id has the millisecond of the middle event, and no event has this id. */
  get freeId(): string {
    return `${this.idAt('middle').slice(0, -12)}${'f'.repeat(12)}`;
  }

  get auditorUrl(): string {
    const address = new URL(this.database.url);
    address.username = this.logins.auditor;
    address.password = 'secret';
    return address.href;
  }

  /** Change a file only after {@link ownFiles}. */
  file(...names: readonly string[]): string {
    return join(this.own ?? this.scene.folder, ...names);
  }

  async ownFiles(): Promise<void> {
    if (this.own !== undefined) return;
    this.own = await tempFolder('audit-tampered-');
    await cp(this.scene.folder, this.own, { recursive: true });
  }

  async remove(): Promise<void> {
    if (this.copy) {
      await this.client.end();
      await this.copy.drop();
    } else await this.sql('ROLLBACK TO ready');
    if (this.own !== undefined) await rm(this.own, { recursive: true });
  }
}

async function connect({ superuserUrl }: TestDatabase): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  // A session of an earlier check may still run on the server: with this setting, that session gives way in a deadlock.
  await client.query(`SET deadlock_timeout = '5s'`);
  return client;
}

/** Lets one attacker at a time into the scene, in a transaction that is rolled back. */
export class Attackers {
  private session: { readonly as: Attacker; readonly client: pg.Client } | undefined;

  private constructor(
    readonly scene: TamperScene,
    readonly logins: Logins,
  ) {}

  /** The rights of the logins follow docs/guides/deploy.md. */
  static async make(scene: TamperScene): Promise<Attackers> {
    const suffix = randomBytes(6).toString('hex');
    const logins = { writer: `tamper_writer_${suffix}`, auditor: `tamper_auditor_${suffix}` };
    await runSql(
      scene.database.superuserUrl,
      `CREATE ROLE ${logins.writer} LOGIN PASSWORD 'secret'; GRANT audit_writer, audit_reader TO ${logins.writer};
       CREATE ROLE ${logins.auditor} LOGIN PASSWORD 'secret'; GRANT audit_reader TO ${logins.auditor}`,
    );
    return new Attackers(scene, logins);
  }

  /** All manipulations by one attacker share a session. Each goes back to the savepoint `ready`. */
  async getSession(as: Attacker): Promise<pg.Client> {
    if (this.session?.as === as) return this.session.client;
    await this.leave();
    const client = await connect(this.scene.database);
    await client.query('BEGIN');
    if (as === 'owner') await client.query(`SET LOCAL SESSION AUTHORIZATION app; ${switchTriggers('DISABLE')}`);
    await client.query('RESET SESSION AUTHORIZATION; SAVEPOINT ready');
    this.session = { as, client };
    return client;
  }

  /** PostgreSQL copies no database that somebody is connected to. */
  async leave(): Promise<void> {
    await this.session?.client.end();
    this.session = undefined;
  }

  async remove(): Promise<void> {
    await this.leave();
    const server = Object.assign(new URL(this.scene.database.superuserUrl), { pathname: '/postgres' }).href;
    await this.scene.remove();
    await runSql(server, `DROP ROLE ${this.logins.writer}, ${this.logins.auditor}`);
  }
}

function loosen(as: Attacker, scope: string): string {
  return as === 'writer' ? `SET ${scope} audit.reads = 'all'` : `SET ${scope} session_replication_role = 'replica'`;
}

/**
 * An owner must first take back the rights that the migrations revoked. All locks come before all rights: autovacuum locks a table while it
 * waits for the `pg_class` row that a right changes, so a mixed order deadlocks.
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
