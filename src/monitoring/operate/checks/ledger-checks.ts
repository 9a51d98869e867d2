import { AUDIT_EXTENSIONS, sqlWith, type AuditExtension } from '../../../../migrations/audit-migrations.js';
import { AuditError, getErrorMessage } from '../../../audit/nest-free.js';
import { ledgerErrors } from '../../errors/ledger.errors.js';
import { parseCheckpoint } from '../../proof/log/notes/checkpoint.js';
import { parseNote, verifyNote } from '../../proof/log/notes/signed-note.js';
import { CheckpointRegister } from '../../proof/signing/checkpoint-register.js';
import { readLedgerKeys } from '../../proof/signing/ledger-signer.js';
import type { SigningOptions } from '../../proof/signing/signing-options.js';
import { readNewestNote } from '../../proof/verify/read-heads.js';
import { findAlteredImages, findWeakened } from '../../store/schema/check-protection.js';
import { defineChecks, fail, ok, splitMessage, warn, type Check, type Verdict } from '../../store/check.js';
import { DISK } from '../../store/ledger-disk.js';
import { PARTITIONS, SEALING, type RunningLedger } from '../../store/ledger-state.js';
import { LEDGERS_SCHEMA } from '../../store/schema/read-protection.js';
import { listInstalledExtensions } from '../../store/schema/installed-extensions.js';
import type { LedgerQueries, LedgerSession } from '../../store/sessions/ledger-session.js';
import { findLoginFault, readLoginRights, type LoginRights } from '../../store/sessions/login-rights.js';

/** What the catalogue of the database says of the ledger's tables. */
interface TableFacts {
  readonly isMade: boolean;
  readonly schema: string;
  readonly database: string;
  /** Whether triggers capture row changes, with or without the ledger's tables. */
  readonly isCaptured: boolean;
  readonly extensions: readonly AuditExtension[];
  /** The names of tables and functions that this version needs, and that do not exist. */
  readonly missing: readonly string[];
}

/** What the checks of the ledger need. */
export interface LedgerFacts extends RunningLedger {
  readonly reader: LedgerSession;
  readonly tables: TableFacts;
  /** The rights of the application's login. */
  readonly login: LoginRights;
  /** The rights of the login that seals, and whether this login is another one. */
  readonly sealer: { readonly rights: LoginRights | undefined; readonly isSeparate: boolean };
  /** The options of the application. */
  readonly options: SigningOptions & {
    /** The extensions that have tables and that the application imports; absent if no application was read. */
    readonly extensions?: readonly AuditExtension[];
  };
  /** Absent if the application has the role `web`. */
  readonly seals: true;
  /** A session that reads all of the ledger, with the role `VERIFIER`. */
  readonly snapshot: LedgerSession;
}

const TABLES = `
  SELECT to_regclass('audit_event') IS NOT NULL AS "isMade", current_setting('search_path') AS schema, current_database()::text AS database,
         EXISTS (SELECT FROM pg_trigger WHERE tgname = 'row_capture_insert') AS "isCaptured"`;

const SELECT_EXTENSION_FUNCTIONS = `
  SELECT 'functions/' || p.proname AS name FROM pg_proc p WHERE p.pronamespace = ${LEDGERS_SCHEMA}
  UNION ALL
  SELECT 'tables/' || c.relname FROM pg_class c WHERE c.relnamespace = ${LEDGERS_SCHEMA}`;

/** Reads what the catalogue of the database says of the tables and of the session's login. Rejects with an error of the PostgreSQL client. */
export async function readTables(session: LedgerQueries): Promise<Partial<Pick<LedgerFacts, 'tables' | 'login'>>> {
  const [row] = await session.rows(TABLES);
  const found = row as unknown as Omit<TableFacts, 'extensions' | 'missing'>; // the selected columns
  if (!found.isMade) return { tables: { ...found, extensions: [], missing: [] } };
  const extensions = await listInstalledExtensions({ query: async (text, values) => session.rows(text, values) });
  const made = new Set((await session.rows(SELECT_EXTENSION_FUNCTIONS)).map(({ name }) => name));
  const requested = Object.keys(sqlWith(extensions)).filter((name) => /^(functions|tables)\//.test(name));
  const missing = requested.filter((name) => !made.has(name)).map((name) => name.split('/')[1] ?? '');
  const login = await readLoginRights(session);
  return { tables: { ...found, extensions, missing }, ...(login && { login }) };
}

const REPAIR = 'Run: nestjs-audit-ledger migrate --repair --admin-url <address of a role that may create roles>';

const check = defineChecks<LedgerFacts>();

export const LEDGER_CHECKS: readonly Check<LedgerFacts>[] = [
  check('migrations', ['tables'], ({ tables: { isMade, schema, database, isCaptured, missing } }) => {
    if (!isMade) {
      const message = `The ledger's tables are not in the schema ${schema} of ${database}, or this login lacks the right to see them.`;
      const broken = isCaptured ? ' Without the ledger’s tables, captured tables cannot be changed.' : '';
      const command = `nestjs-audit-ledger migrate${isCaptured ? ' --with row-changes' : ''}`;
      return fail(message + broken, `Run "${command}", or name the schema with the option schema.`);
    }
    if (missing.length === 0) return ok('The tables and functions of this version exist.');
    const message = `The ledger has an earlier version: it lacks ${missing.join(', ')}.`;
    return fail(message, 'Run: nestjs-audit-ledger migrate. If that does nothing, run it with --repair.');
  }),
  check(
    'extensions',
    ['tables', 'options'],
    ({ tables: { isMade, extensions }, options: { extensions: imported } }) => {
      if (!isMade) return [];
      const lacking = imported?.filter((extension) => !extensions.includes(extension)) ?? [];
      if (lacking.length > 0) {
        const message = `The application imports extensions without tables: ${lacking.join(', ')}.`;
        return fail(message, `Run: nestjs-audit-ledger migrate --with ${lacking.join(',')}`);
      }
      const idle = imported ? extensions.filter((extension) => !imported.includes(extension)) : [];
      if (idle.length > 0) {
        const message = `The database has tables of extensions that the application does not import: ${idle.join(', ')}.`;
        return warn(message, 'Import their modules, unless another application of this ledger does.');
      }
      return ok(
        extensions.length > 0
          ? `These extensions have their tables: ${extensions.join(', ')}.`
          : `No optional module has tables. "migrate --with" makes the tables of ${AUDIT_EXTENSIONS.join(', ')}.`,
      );
    },
  ),
  check('login', ['login'], ({ login }) => {
    const missing = findMissingRoles(login, ['audit_writer', 'audit_reader']);
    if (missing.length > 0) return toMissingRolesVerdict(login.login, missing);
    const fault = findLoginFault(login);
    if (!fault) return ok(`The login ${login.login} may only add and read events.`);
    const isMistake = fault.right !== 'owner' && fault.right !== 'seals';
    return (isMistake ? fail : warn)(fault.message, fault.remedy);
  }),
  check('sequencer-login', ['sealer'], ({ sealer: { rights, isSeparate } }) => {
    const { login = '' } = rights ?? {};
    const missing = findMissingRoles(rights, ['audit_sequencer', 'audit_reader', 'audit_keeper']);
    if (missing.length === 0) return isSeparate ? ok(`The login ${login} may seal, retire and erase events.`) : []; // the check of the login says what it may do
    if (isSeparate) return toMissingRolesVerdict(login, missing);
    return warn(
      `The application cannot seal: its login ${login} lacks the rights of ${missing.join(' and ')}.`,
      'Give the option sequencerUrl the address of the login that seals, unless another application seals.',
    );
  }),
  check('protection', ['snapshot'], async ({ snapshot }) => {
    const unprotected = [...(await findAlteredImages(snapshot)), ...(await findWeakened(snapshot))];
    if (unprotected.length > 0) return fail(unprotected.join(' '), REPAIR);
    return ok('Functions, triggers and policies are unchanged since the migrations.');
  }),
  PARTITIONS,
  DISK,
  SEALING,
  check('checkpoint', ['reader', 'options'], async ({ reader, options }) => {
    const keys = await readLedgerKeys(options).catch((error: unknown) => {
      if (error instanceof AuditError) return undefined; // the check of the key reports it
      throw error;
    });
    if (!keys) return [];
    const note = await readNewestNote(reader);
    if (note === undefined) return ok('The ledger has no signed checkpoint yet.');
    const restore = 'Restore the key file from your copy, or correct the options signingKeyFile and origin.';
    const { origin, size } = parseCheckpoint(parseNote(note).text);
    if (origin !== options.origin)
      return fail(
        `The newest checkpoint has the origin ${origin}, but the option origin is ${options.origin}.`,
        restore,
      );
    try {
      verifyNote(note, keys.verifiers);
      return ok(`The ledger’s key signed the newest checkpoint, of ${size} events.`);
    } catch (error) {
      return fail(`Another key signed the newest checkpoint: ${getErrorMessage(error)}`, restore);
    }
  }),
  check('last-checkpoint', ['reader', 'options', 'seals'], async ({ reader, options: { checkpointMemory } }) => {
    const lastSigned = new CheckpointRegister(checkpointMemory);
    try {
      const last = await lastSigned.read(); // before the database, in which the leader stores each checkpoint first
      const stored = parseCheckpointSize(await readNewestNote(reader));
      if (last === undefined && stored > 0) throw ledgerErrors.AUDIT_CHECKPOINT_MEMORY_LOST(lastSigned.path, stored);
      if (parseCheckpointSize(last) <= stored)
        return ok(`${lastSigned.path} has no checkpoint that the database lacks.`);
      return fail(
        `The database is an older copy: it ends at size ${stored}, but a checkpoint of size ${parseCheckpointSize(last)} was signed.`,
        'After a restore from a backup, run: nestjs-audit-ledger adopt. Otherwise, run verify.',
      );
    } catch (error) {
      if (!(error instanceof AuditError)) throw error;
      const { message, remedy = '' } = splitMessage(error.message);
      return fail(message, remedy);
    }
  }),
];

function findMissingRoles(rights: LoginRights | undefined, needed: readonly string[]): readonly string[] {
  const { roles = [], suffix = '' } = rights ?? {};
  return needed.flatMap((role) => (roles.includes(role) ? [] : role + suffix));
}

function toMissingRolesVerdict(login: string, roles: readonly string[]): Verdict {
  const message = `The login ${login} lacks the rights of ${roles.join(' and ')}.`;
  return fail(message, `Run as a superuser: GRANT ${roles.join(', ')} TO ${login};`);
}

function parseCheckpointSize(note: string | undefined): number {
  return note === undefined ? 0 : parseCheckpoint(parseNote(note).text).size;
}
