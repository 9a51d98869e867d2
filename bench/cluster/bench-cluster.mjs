import { readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import pg from 'pg';
import { makeLedgerRoles } from '../../test/support/ledger-roles.mjs';
import { TEAM_COLUMNS } from '../contenders/team-audit.mjs';

const DATABASE = new URL('../../dist/src/shop/database/', import.meta.url);
const FOLDER = fileURLToPath(new URL('../../.data/bench/pg', import.meta.url));
const TEMPLATE = 'bench_template';
const TEMPLATE_BEFORE = 'bench_template_before';

/** An older build may have it at its older place. */
function getDatabase(build) {
  const folders = ['shop/database', 'database'].map((folder) => `${build}/dist/src/${folder}/`);
  return pathToFileURL(folders.find((folder) => existsSync(folder)) ?? folders[0]);
}

/** Without durable commits, the benchmark's figures would be worth nothing. */
const REQUIRED_SETTINGS = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' };

/** The name by which the benchmark's own connections are distinguished from those of the contenders. */
const OWN = { application_name: 'bench' };

/** The server has PostgreSQL's default durability, and each contender gets a fresh database. */
export class BenchCluster {
  #server;
  #superuser;
  #databases = 0;
  #removed;
  #version;
  #dataFolder;

  /** @param before the folder of another build, which is measured beside this build */
  static async start(before) {
    const cluster = Object.assign(new BenchCluster(), { before });
    await cluster.startServer();
    const { rows } = await cluster.#superuser.query(`SELECT datname FROM pg_database WHERE datname LIKE 'bench\\_%'`);
    for (const { datname } of rows) await cluster.drop(datname);
    await cluster.#makeTemplate(TEMPLATE, DATABASE);
    await cluster.query(TEMPLATE, makeTeamTable());
    if (before) await cluster.#makeTemplate(TEMPLATE_BEFORE, getDatabase(before));
    return cluster;
  }

  async #makeTemplate(name, folder) {
    await this.#superuser.query(`CREATE DATABASE ${name} OWNER app`);
    const { migrate } = await importBuilt('migrate.js', folder);
    await makeLedgerRoles(this.getUrl(name, { superuser: true }), this.getUrl(name)); // one login does all the work
    await migrate(this.getUrl(name));
  }

  get version() {
    return this.#version;
  }

  get dataFolder() {
    return this.#dataFolder;
  }

  /** Joins the server that a killed benchmark left running. @throws Error if the server is not durable */
  async startServer() {
    const { startEmbeddedPostgres } = await importBuilt('embedded/start-embedded-postgres.js');
    this.#server = await startEmbeddedPostgres({ dir: FOLDER, log: () => undefined });
    this.#superuser ??= new pg.Pool({ connectionString: this.#server.superuserUrl, max: 1, ...OWN });
    this.#superuser.on('error', () => undefined); // ignores the error after stopServer() stopped the server
    this.#version = (await this.#show('server_version')).split(' ', 1)[0];
    this.#dataFolder = await this.#show('data_directory');
    for (const [name, required] of Object.entries(REQUIRED_SETTINGS)) {
      const seen = await this.#show(name);
      if (seen === required) continue;
      throw new Error(`Cannot run the benchmark: ${name} is ${seen}, not ${required}. Remove ${FOLDER}.`);
    }
  }

  async #show(name) {
    const { rows } = await this.#superuser.query(`SHOW ${name}`);
    return rows[0][name];
  }

  /** SIGINT disconnects all clients, as an operator's restart does. */
  async stopServer() {
    const pid = await this.serverPid();
    process.kill(pid, 'SIGINT');
    while (existsSync(`/proc/${pid}`) && (await this.serverPid().catch(() => 0)) === pid) await delay(10);
  }

  async serverPid() {
    return Number((await readFile(join(this.#dataFolder, 'postmaster.pid'), 'utf8')).split('\n', 1)[0]);
  }

  async createDatabase({ isBefore = false } = {}) {
    const name = `bench_${++this.#databases}`;
    const template = isBefore ? TEMPLATE_BEFORE : TEMPLATE;
    await this.#superuser.query(`CREATE DATABASE ${name} TEMPLATE ${template} OWNER app`);
    return name;
  }

  async drop(name) {
    await this.#superuser.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  }

  getUrl(name, { superuser = false } = {}) {
    const url = new URL(superuser ? this.#server.superuserUrl : this.#server.url);
    url.pathname = `/${name}`;
    return url.href;
  }

  async query(name, text) {
    const client = new pg.Client({ connectionString: this.getUrl(name, { superuser: true }), ...OWN });
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** Excludes the ledger's own events, for example that sealing is late on a slow machine. */
  async countRows(name, table) {
    const own = table === 'audit_event' ? `WHERE type NOT LIKE 'audit\\_%'` : '';
    const [{ count }] = await this.query(name, `SELECT count(*) FROM ${table} ${own}`);
    return Number(count);
  }

  /** Resolves with the number of sealed events, without the ledger's own. Reads no more than the newest leaf while an event is missing. */
  async countSealed(name, answered) {
    const [{ size }] = await this.query(name, 'SELECT coalesce(max(index) + 1, 0) AS size FROM audit_leaf');
    return Number(size) < answered ? Number(size) : this.countRows(name, 'audit_event');
  }

  async walBytes() {
    const { rows } = await this.#superuser.query(`SELECT pg_current_wal_insert_lsn() - '0/0' AS bytes`);
    return Number(rows[0].bytes);
  }

  /** Otherwise, the next contender would have to write the pages that earlier contenders changed. */
  async checkpoint() {
    await this.#superuser.query('CHECKPOINT');
  }

  remove() {
    return (this.#removed ??= this.#remove());
  }

  async #remove() {
    await this.#superuser.end();
    await this.#server.stop();
    await rm(FOLDER, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** The table has those ledger columns that a team would have, and the ledger's indexes and months. */
function makeTeamTable() {
  const columns = TEAM_COLUMNS.map((name) => `'${name}'`).join(', ');
  return `
    DO $$
    DECLARE
      part record;
    BEGIN
      CREATE TABLE team_audit (LIKE audit_event INCLUDING ALL) PARTITION BY RANGE (id);
      -- A dropped column takes those that are generated from it along.
      FOR part IN SELECT attname FROM pg_attribute
                   WHERE attrelid = 'team_audit'::regclass AND attnum > 0 AND attname NOT IN (${columns}) LOOP
        EXECUTE format('ALTER TABLE team_audit DROP COLUMN IF EXISTS %I CASCADE', part.attname);
      END LOOP;
      ALTER TABLE team_audit ALTER id SET DEFAULT uuidv7(), OWNER TO app;
      FOR part IN SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) AS bounds
                    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                   WHERE i.inhparent = 'audit_event'::regclass LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF team_audit %s', 'team_' || part.relname, part.bounds);
        EXECUTE format('ALTER TABLE %I OWNER TO app', 'team_' || part.relname);
      END LOOP;
    END $$`;
}

async function importBuilt(path, folder = DATABASE) {
  const module = new URL(path, folder);
  if (!existsSync(fileURLToPath(module))) {
    throw new Error(`Cannot start the benchmark's PostgreSQL: ${fileURLToPath(module)} is missing. Run npm run build.`);
  }
  return import(module.href);
}
