import type pg from 'pg';
import { EXACT_JSON, VERIFIED_TYPES } from './exact-json.js';

/** An advisory lock of a ledger: one session at a time has it, in each ledger of a database. */
export interface LedgerLock {
  readonly class: number;
  /** Of the ledger. */
  readonly table: string;
}

/** As whom a session works, and what it needs for that. */
export interface LedgerRole {
  /** What the server shows its sessions as, after the library's own name. */
  readonly name?: string;
  /** Settings that the session begins with. `role` is checked: a pooler may have dropped it. */
  readonly settings: Readonly<Record<string, string>>;
  /** How columns are parsed. */
  readonly types: pg.CustomTypesConfig;
  /** What {@link LedgerSession.tryToLock} locks, if nothing else is named. */
  readonly lock?: LedgerLock;
  /** Set: the session is one read-only transaction, which sees the ledger as it is at one moment. */
  readonly snapshot?: {
    /** The transaction's settings. */
    readonly settings: Readonly<Record<string, string>>;
    /** Whether the server's own functions are found before any of their names in the search path. */
    readonly prefersCatalog?: boolean;
    /** The id of another snapshot that is still open, to see the same moment. */
    readonly id?: string | undefined;
  };
}

/** Adds events, and does nothing else. */
export const WRITER = { settings: { role: 'audit_writer' }, types: EXACT_JSON } as const satisfies LedgerRole;

/** Reads: the server refuses every change, and shows no event unless the transaction states an access. */
export const READER = {
  settings: { role: 'audit_reader', default_transaction_read_only: 'on' },
  types: EXACT_JSON,
} as const satisfies LedgerRole;

/** Stores publications and the events of acts. */
export const SEQUENCER = { settings: { role: 'audit_sequencer' }, types: EXACT_JSON } as const satisfies LedgerRole;

/** Seals events as the leader of all instances. The server drops the lock of a leader that is frozen or unreachable. */
export const LEADER = {
  ...SEQUENCER,
  name: 'sequencer',
  settings: {
    ...SEQUENCER.settings,
    idle_session_timeout: '10s',
    idle_in_transaction_session_timeout: '10s',
    tcp_keepalives_idle: '2',
    tcp_keepalives_interval: '1',
    tcp_keepalives_count: '3',
  },
  lock: { class: 7_361_994, table: 'audit_leaf' },
} as const satisfies LedgerRole;

/** Brings captured row changes into the ledger, as the leader of all instances. */
export const DRAIN = {
  ...LEADER,
  name: 'row changes',
  lock: { class: 7_361_997, table: 'audit_row_change' },
} as const satisfies LedgerRole;

/** Stores how tables are captured, and the events of that, as one of all instances. */
export const ATTESTER = {
  ...SEQUENCER,
  name: 'capture attestation',
  lock: { class: 7_361_998, table: 'audit_capture_state' },
} as const satisfies LedgerRole;

/** Moves the streams on, as the leader of all instances. */
export const STREAMER = {
  ...LEADER,
  name: 'streams',
  lock: { class: 7_361_999, table: 'audit_stream' },
} as const satisfies LedgerRole;

/** Stores what JetStream has, as the leader of all workers. */
export const INGESTER = {
  ...LEADER,
  name: 'ingest',
  lock: { class: 7_362_001, table: 'audit_ingest' },
} as const satisfies LedgerRole;

/** Calls the functions of retention and erasure. */
export const KEEPER = { settings: { role: 'audit_keeper' }, types: EXACT_JSON } as const satisfies LedgerRole;

const KEEPER_LOCK = 7_361_996;

/** Places holds and retires events. */
export const RETENTION = {
  ...KEEPER,
  name: 'retention',
  lock: { class: KEEPER_LOCK, table: 'audit_retirement' },
} as const satisfies LedgerRole;

/** Carries out erasures. */
export const ERASURE = {
  ...KEEPER,
  name: 'erasure',
  lock: { class: KEEPER_LOCK, table: 'audit_erasure' },
} as const satisfies LedgerRole;

/** Reads every event, on nobody's behalf. */
export const AUDITOR = {
  settings: { ...READER.settings, 'audit.reads': 'all' },
  types: EXACT_JSON,
} as const satisfies LedgerRole;

/**
 * Reads every event as of one moment, so that a live ledger can be verified. Its settings make plans suit pages of a large table,
 * and return rows whatever a constraint says of them.
 */
export const VERIFIER = {
  name: 'verify',
  settings: AUDITOR.settings,
  types: VERIFIED_TYPES,
  snapshot: {
    settings: {
      jit: 'off',
      statement_timeout: '0',
      max_parallel_workers_per_gather: '0',
      constraint_exclusion: 'off',
    },
    prefersCatalog: true,
  },
} as const satisfies LedgerRole;

/** Holds live rows against their events as of one moment: it sorts and joins all rows of a table, on disk where they are many. */
export const RECONCILER = {
  name: 'reconcile',
  settings: AUDITOR.settings,
  types: EXACT_JSON,
  snapshot: {
    settings: {
      jit: 'off',
      statement_timeout: '0',
      work_mem: '64MB',
      cursor_tuple_fraction: '1',
      enable_nestloop: 'off',
    },
    prefersCatalog: true,
  },
} as const satisfies LedgerRole;

/** Counts and draws events as of one moment, for a report. */
export const REPORTER = {
  name: 'report',
  settings: AUDITOR.settings,
  types: EXACT_JSON,
  snapshot: {
    settings: { jit: 'off', statement_timeout: '0', work_mem: '64MB' },
    prefersCatalog: true,
  },
} as const satisfies LedgerRole;

/** {@link VERIFIER}, at the moment of another one that is still open. */
export function verifierAt(id: string | undefined): LedgerRole {
  return { ...VERIFIER, snapshot: { ...VERIFIER.snapshot, id } };
}

/**
 * Copies events as of one moment. Its settings suit one long statement whose rows come in order from the first moment on, by indexes
 * in that order: a planner that reads whole tables and hashes joins would first sort all rows on disk.
 *
 * @param access the settings of the reader's access
 */
export function exporterFor(access: Readonly<Record<string, string>>): LedgerRole {
  const settings = {
    ...access,
    statement_timeout: '0',
    idle_in_transaction_session_timeout: '0',
    jit: 'off',
    enable_seqscan: 'off',
    enable_hashjoin: 'off',
    max_parallel_workers_per_gather: '0',
  };
  return { ...EXPORTER, snapshot: { settings } };
}

/** Reads the log beside an export. */
export const EXPORTER = { ...READER, name: 'export' } as const satisfies LedgerRole;

/** The role that the address names: to migrate, or to look for a ledger. */
export const MIGRATOR = { name: 'migrate', settings: {}, types: EXACT_JSON } as const satisfies LedgerRole;
