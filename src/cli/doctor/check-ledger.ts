import { AuditError, errorMessage } from '../../audit/nest-free.js';
import { parseCheckpoint } from '../../monitoring/proof/log/notes/checkpoint.js';
import { parseNote, verifyNote } from '../../monitoring/proof/log/notes/signed-note.js';
import { OUTBOX, outboxOf, outboxPart } from '../../rooms/row-changes/outbox-part.js';
import { sealingPart } from '../../monitoring/sealer/sealing-part.js';
import { LastSigned } from '../../monitoring/proof/signing/last-signed.js';
import type { LedgerKeys } from '../../monitoring/proof/signing/ledger-signer.js';
import { splitMessage } from '../../monitoring/store/health-part.js';
import { hasRoom } from '../../monitoring/store/sessions/has-room.js';
import { readLedgerState } from '../../monitoring/store/ledger-state.js';
import { partitionsPart } from '../../monitoring/store/partitions-part.js';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { faultOfLogin, readLoginRights, type LoginRights } from '../../monitoring/store/sessions/login-rights.js';
import { LEDGERS_SCHEMA } from '../../monitoring/store/schema/read-protection.js';
import { roomsThere } from '../../monitoring/store/schema/rooms-there.js';
import { AUDIT_ROOMS, sqlWith, type AuditRoom } from '../../../migrations/audit-migrations.js';
import { readNewestNote } from '../../monitoring/proof/verify/read-heads.js';
import { findAlteredImages } from '../../monitoring/store/altered-images.js';
import { findWeakened } from '../../monitoring/store/schema/check-protection.js';
import { fail, fine, warn, type Check } from './check.js';
import type { LedgerOptions } from './subject.js';
import { ledgerErrors } from '../../monitoring/errors/ledger.errors.js';

const REPAIR = 'Run: nestjs-audit-ledger migrate --repair --admin-url <address of a role that may create roles>';

const TABLES = `
  SELECT to_regclass('audit_event') IS NOT NULL AS is_made,
         current_setting('search_path') AS schema, current_database()::text AS database,
         EXISTS (SELECT FROM pg_trigger WHERE tgname = 'row_capture_insert') AS is_captured`;

const MADE = `
  SELECT 'functions/' || p.proname AS name FROM pg_proc p
   WHERE p.pronamespace = ${LEDGERS_SCHEMA}
  UNION ALL
  SELECT 'tables/' || c.relname FROM pg_class c
   WHERE c.relnamespace = ${LEDGERS_SCHEMA}`;

/** Checks whether all tables and functions exist. Rejects with an error of the PostgreSQL client. */
export async function checkMigrations(
  session: LedgerSession,
  imported: readonly AuditRoom[] | undefined,
): Promise<{ readonly isMade: boolean; readonly checks: readonly Check[] }> {
  const [tables = {}] = await session.rows(TABLES);
  if (tables.is_made !== true) {
    const says = `The ledger's tables are not in the schema ${String(tables.schema)} of ${String(tables.database)}, or this login lacks the right to see them.`;
    const [broken, rooms] =
      tables.is_captured === true
        ? [' Without the ledger’s tables, captured tables cannot be changed.', ' --with row-changes']
        : ['', ''];
    const whatToDo = `Run "nestjs-audit-ledger migrate${rooms}", or name the schema with the option schema.`;
    return { isMade: false, checks: [fail('migrations', says + broken, whatToDo)] };
  }
  const rooms = await roomsThere({ query: async (text, values) => session.rows(text, values) });
  return { isMade: true, checks: [await checkMade(session, rooms), checkRooms(rooms, imported)] };
}

async function checkMade(session: LedgerSession, rooms: readonly AuditRoom[]): Promise<Check> {
  const made = new Set((await session.rows(MADE)).map(({ name }) => name));
  const wanted = Object.keys(sqlWith(rooms)).filter((name) => /^(functions|tables)\//.test(name));
  const missing = wanted.filter((name) => !made.has(name)).map((name) => name.split('/')[1]);
  if (missing.length > 0) {
    const says = `The ledger has an earlier version: it lacks ${missing.join(', ')}.`;
    return fail('migrations', says, 'Run: nestjs-audit-ledger migrate. If that does nothing, run it with --repair.');
  }
  return fine('migrations', 'The tables and functions of this version exist.');
}

function checkRooms(rooms: readonly AuditRoom[], imported: readonly AuditRoom[] | undefined): Check {
  const lacking = imported?.filter((room) => !rooms.includes(room)) ?? [];
  if (lacking.length > 0) {
    const says = `The application imports rooms without tables: ${lacking.join(', ')}.`;
    return fail('rooms', says, `Run: nestjs-audit-ledger migrate --with ${lacking.join(',')}`);
  }
  const idle = imported ? rooms.filter((room) => !imported.includes(room)) : [];
  if (idle.length > 0) {
    const says = `The database has tables of rooms that the application does not import: ${idle.join(', ')}.`;
    return warn('rooms', says, 'Import their modules, unless another application of this ledger does.');
  }
  const lines =
    rooms.length > 0
      ? `These rooms have their tables: ${rooms.join(', ')}.`
      : `No optional module has tables. "migrate --with" makes the tables of ${AUDIT_ROOMS.join(', ')}.`;
  return fine('rooms', lines);
}

/** Checks the rights of the application's login. Rejects with an error of the PostgreSQL client. */
export async function checkLogin(session: LedgerSession): Promise<readonly Check[]> {
  const rights = await readLoginRights(session);
  if (!rights) return [];
  const { login } = rights;
  const missing = lackedBy(rights, ['audit_writer', 'audit_reader']);
  if (missing.length > 0) return [lacking('login', login, missing)];
  const fault = faultOfLogin(rights);
  if (!fault) return [fine('login', `The login ${login} may only add and read events.`)];
  const isMistake = fault.right !== 'owner' && fault.right !== 'seals';
  return [(isMistake ? fail : warn)('login', fault.says, fault.whatToDo)];
}

/**
 * Checks the rights of the login that seals. Rejects with an error of the PostgreSQL client.
 *
 * @param isSeparate whether another login adds events. Otherwise, {@link checkLogin} says what the login may do.
 */
export async function checkSequencerLogin(session: LedgerSession, isSeparate: boolean): Promise<readonly Check[]> {
  const name = 'sequencer-login';
  const rights = await readLoginRights(session);
  const { login = '' } = rights ?? {};
  const missing = lackedBy(rights, ['audit_sequencer', 'audit_reader', 'audit_keeper']);
  if (missing.length === 0)
    return isSeparate ? [fine(name, `The login ${login} may seal, retire and erase events.`)] : [];
  if (isSeparate) return [lacking(name, login, missing)];
  const says = `The application cannot seal: its login ${login} lacks the rights of ${missing.join(' and ')}.`;
  return [
    warn(
      name,
      says,
      'Give the option sequencerUrl the address of the login that seals, unless another application seals.',
    ),
  ];
}

function lackedBy(rights: LoginRights | undefined, needed: readonly string[]): readonly string[] {
  const { roles = [], suffix = '' } = rights ?? {};
  return needed.flatMap((role) => (roles.includes(role) ? [] : role + suffix));
}

function lacking(name: string, login: string, roles: readonly string[]): Check {
  const says = `The login ${login} lacks the rights of ${roles.join(' and ')}.`;
  return fail(name, says, `Run as a superuser: GRANT ${roles.join(', ')} TO ${login};`);
}

/**
 * Checks the functions, triggers, policies and rules of the ledger. @param snapshot a session with the role `VERIFIER`. Rejects with an
 * error of the PostgreSQL client
 */
export async function checkProtection(snapshot: LedgerSession): Promise<Check> {
  const unprotected = [...(await findAlteredImages(snapshot)), ...(await findWeakened(snapshot))];
  if (unprotected.length > 0) return fail('protection', unprotected.join(' '), REPAIR);
  return fine('protection', 'Functions, triggers and policies are unchanged since the migrations.');
}

/** Checks partitions, sealing and row changes, as the health check of an application does. Rejects with an error of the PostgreSQL client. */
export async function checkState(session: LedgerSession, capture: LedgerOptions['capture']): Promise<readonly Check[]> {
  const known = { state: await readLedgerState(session), ageSeconds: 0 };
  const [outbox] = (await hasRoom(session, 'row-changes')) ? await session.rows(OUTBOX) : [];
  return [partitionsPart(known), sealingPart(known), outboxPart(outboxOf(outbox), capture?.lateAfterSeconds)].map(
    ({ name, status, says, whatToDo }) =>
      status === 'error' ? fail(name, says, whatToDo ?? 'See the log of the application.') : fine(name, says),
  );
}

/** Compares the last signed checkpoint outside the database with the database. Rejects with an error of the PostgreSQL client. */
export async function checkLastSigned(
  session: LedgerSession,
  { checkpointMemory }: Pick<LedgerOptions, 'checkpointMemory'>,
): Promise<Check> {
  const name = 'last-checkpoint';
  const lastSigned = new LastSigned(checkpointMemory);
  try {
    const last = await lastSigned.read(); // before the database, in which the leader stores each checkpoint first
    const stored = sizeOf(await readNewestNote(session));
    if (last === undefined && stored > 0) throw ledgerErrors.AUDIT_CHECKPOINT_MEMORY_LOST(lastSigned.path, stored);
    if (sizeOf(last) <= stored) return fine(name, `${lastSigned.path} has no checkpoint that the database lacks.`);
    const says = `The database is an older copy: it ends at size ${stored}, but a checkpoint of size ${sizeOf(last)} was signed.`;
    return fail(name, says, 'After a restore from a backup, run: nestjs-audit-ledger adopt. Otherwise, run verify.');
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    const { says, whatToDo = '' } = splitMessage(error.message);
    return fail(name, says, whatToDo);
  }
}

function sizeOf(note: string | undefined): number {
  return note === undefined ? 0 : parseCheckpoint(parseNote(note).text).size;
}

/** Checks whether the newest checkpoint was signed with the key in the key file. Rejects with an error of the PostgreSQL client. */
export async function checkSigned(session: LedgerSession, keys: LedgerKeys, origin: string): Promise<Check> {
  const note = await readNewestNote(session);
  if (note === undefined) return fine('checkpoint', 'The ledger has no signed checkpoint yet.');
  const restore = 'Restore the key file from your copy, or correct the options signingKeyFile and origin.';
  const { origin: signed, size } = parseCheckpoint(parseNote(note).text);
  if (signed !== origin) {
    const says = `The newest checkpoint has the origin ${signed}, but the option origin is ${origin}.`;
    return fail('checkpoint', says, restore);
  }
  try {
    verifyNote(note, keys.verifiers);
    return fine('checkpoint', `The ledger’s key signed the newest checkpoint, of ${size} events.`);
  } catch (error) {
    return fail('checkpoint', `Another key signed the newest checkpoint: ${errorMessage(error)}`, restore);
  }
}
