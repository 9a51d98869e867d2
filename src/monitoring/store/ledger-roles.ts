import type pg from 'pg';
import { VERIFIED_TYPES } from './sessions/ledger-client.js';
import { LOCK_CLASSES, type LedgerLock } from './locks.js';

export interface LedgerRole {
  /** The last part of the application name that the session shows to the server. The library's name comes first. */
  readonly name?: string;
  /**
   * The settings at the session's start. `audit.role` is the kind of the ledger's role that the session takes, such as `reader`. The session
   * verifies it, because a pooler may have dropped the settings.
   */
  readonly settings: Readonly<Record<string, string>>;
  /** The parsers of columns. @defaultValue EXACT_JSON */
  readonly types?: pg.CustomTypesConfig;
  /** The default lock of {@link LedgerSession.tryToLock}. */
  readonly lock?: LedgerLock;
  /** If present, the session is one read-only transaction that sees the ledger as of one moment. */
  readonly snapshot?: {
    readonly settings: Readonly<Record<string, string>>;
    /** Whether the server's own functions have priority over functions of the same name in the search path. */
    readonly prefersCatalog?: boolean;
    /** The id of another session's snapshot, which this session then uses. */
    readonly id?: string | undefined;
  };
}

export const WRITER = { settings: { 'audit.role': 'writer' } } as const satisfies LedgerRole;

/** Only reads: the server refuses every change, and shows no event until the transaction sets an access. */
export const READER = {
  settings: { 'audit.role': 'reader', default_transaction_read_only: 'on' },
} as const satisfies LedgerRole;

/** Stores the publications of checkpoints and the events about acts. */
export const SEQUENCER = { settings: { 'audit.role': 'sequencer' } } as const satisfies LedgerRole;

/** Seals events, as the leader of all instances. If the leader hangs or is unreachable, the time-outs release its lock. */
export const LEADER = {
  ...SEQUENCER,
  name: 'sequencer',
  settings: {
    ...SEQUENCER.settings,
    enable_seqscan: 'off', // the inbox has many removed rows while somebody keeps an old snapshot
    idle_session_timeout: '10s',
    idle_in_transaction_session_timeout: '10s',
    tcp_keepalives_idle: '2',
    tcp_keepalives_interval: '1',
    tcp_keepalives_count: '3',
  },
  lock: { class: LOCK_CLASSES.sequencer, table: 'audit_leaf' },
} as const satisfies LedgerRole;

/** Stores how tables are captured, and the events about changes to the capture. Only one instance at a time uses this role. */
export const ATTESTER = {
  ...SEQUENCER,
  name: 'capture attestation',
  lock: { class: LOCK_CLASSES.capture, table: 'audit_capture_state' },
} as const satisfies LedgerRole;

/** Runs consumers of the sealed log. Each consumer has its own lock. */
export const CONSUMER = { name: 'consumers', settings: LEADER.settings } as const satisfies LedgerRole;

/** Calls the functions of retention and erasure. */
export const KEEPER = { settings: { 'audit.role': 'keeper' } } as const satisfies LedgerRole;

/** Places holds and retires events. */
export const RETENTION = {
  ...KEEPER,
  name: 'retention',
  lock: { class: LOCK_CLASSES.lifecycle, table: 'audit_retirement' },
} as const satisfies LedgerRole;

export const ERASURE = {
  ...KEEPER,
  name: 'erasure',
  lock: { class: LOCK_CLASSES.lifecycle, table: 'audit_erasure' },
} as const satisfies LedgerRole;

/** Reads every event, without a reader's access. */
export const AUDITOR = { settings: { ...READER.settings, 'audit.reads': 'all' } } as const satisfies LedgerRole;

const LONG_READ = { jit: 'off', statement_timeout: '0' };

/** Reads every event as of one moment. The settings suit large tables, and let the server find rows that contradict a constraint. */
export const VERIFIER = {
  name: 'verify',
  settings: AUDITOR.settings,
  types: VERIFIED_TYPES,
  snapshot: {
    settings: { ...LONG_READ, max_parallel_workers_per_gather: '0', constraint_exclusion: 'off' },
    prefersCatalog: true,
  },
} as const satisfies LedgerRole;

/**
 * Compares live rows with their events as of one moment. The server sorts and joins all rows of a table. For a large table, the server uses
 * the disk.
 */
export const RECONCILER = {
  name: 'reconcile',
  settings: AUDITOR.settings,
  snapshot: {
    settings: { ...LONG_READ, work_mem: '64MB', cursor_tuple_fraction: '1', enable_nestloop: 'off' },
    prefersCatalog: true,
  },
} as const satisfies LedgerRole;

/** Returns {@link VERIFIER} with the snapshot of another session. */
export function createVerifierRole(id: string | undefined): LedgerRole {
  return { ...VERIFIER, snapshot: { ...VERIFIER.snapshot, id } };
}

/**
 * Exports events as of one moment. With the settings of this role, a long statement uses indexes, and so returns its first rows at once.
 * With table scans and hash joins, the server would first sort all rows on disk.
 *
 * @param access the PostgreSQL settings of the reader's access
 */
export function createExporterRole(access: Readonly<Record<string, string>>): LedgerRole {
  const settings = {
    ...access,
    ...LONG_READ,
    idle_in_transaction_session_timeout: '0',
    enable_seqscan: 'off',
    enable_hashjoin: 'off',
    cursor_tuple_fraction: '1',
    max_parallel_workers_per_gather: '0',
  };
  return { ...READER, name: 'export', snapshot: { settings } };
}

/** Migrates or finds a ledger. The session uses the login of the URL and sets no role. */
export const MIGRATOR = { name: 'migrate', settings: {} } as const satisfies LedgerRole;
