import type { Checkpoint, CheckpointTrust, SignedCheckpoint } from '../log/notes/checkpoint.js';
import type { Finding } from './finding.js';
import type { ProgressStore } from './progress-file.js';
import type { LogSource } from './sources/log-source.js';
import type { VerificationProgress, Verification, WitnessDemand } from './verification.js';

export interface CheckOptions {
  /** Signed notes that were stored outside the log. */
  readonly published?: readonly string[];
  /** Archives of retired events, or folders that contain archives. */
  readonly archives?: readonly string[];
  /** The required cosignatures. @defaultValue none */
  readonly witnesses?: WitnessDemand;
  /** A signed note of the tree up to which an earlier run verified the log. */
  readonly since?: string;
  /** Reads and stores the progress, so that a later run can resume. */
  readonly progress?: ProgressStore;
  /** The maximum number of events to recompute, counted from the end. The tree before these comes from the tiles. @defaultValue all */
  readonly lastEvents?: number;
  /** Events of the database without a leaf are searched from this id on. @defaultValue the first id */
  readonly straysFromId?: string;
  readonly onProgress?: (progress: VerificationProgress) => void;
  /** Returns the time in milliseconds. */
  readonly now?: () => number;
}

/** A log to check: where it is read, and what was established before any check. */
export interface OpenedLog {
  readonly source: LogSource;
  readonly trust: CheckpointTrust;
  /** The verifier keys that acts of key change added to the given keys. */
  readonly followed: readonly string[];
  /** Whether no key was given, so that the keys come from the log's own database. */
  readonly areKeysStored: boolean;
  /** The newest checkpoint that a known key signed. */
  readonly head: SignedCheckpoint | undefined;
  /** The size of the signed tree; without a checkpoint, the number of leaves. */
  readonly size: number;
  /** The number of leaves, of which some may lie beyond the signed tree. */
  readonly leaves: number;
  /** The heads of the published notes, which known keys signed. */
  readonly published: readonly Checkpoint[];
  readonly options: CheckOptions;
  readonly nowMs: number;
}

/** What a check found. Facts that other checks need are further fields. */
export interface CheckResult {
  readonly findings?: readonly Finding[];
  readonly warnings?: readonly string[];
  /** The fields of the result that this check determines. */
  readonly report?: Partial<Verification>;
}

export const NO_FINDINGS: CheckResult = {};

export type Check<Result extends CheckResult = CheckResult> = (run: CheckRun) => Promise<Result>;

/** A check that needs a part of the source. Without that part, its result is `skipped`. */
const checkRequiring =
  <Part extends 'tables' | 'files'>(part: Part) =>
  <Result extends CheckResult>(
    skipped: Result,
    check: (found: NonNullable<LogSource[Part]>, run: CheckRun) => Promise<NoInfer<Result>>,
  ): Check<Result> =>
  async (run) => {
    const found = run.log.source[part];
    return found ? check(found, run) : skipped;
  };

export const tableCheck = checkRequiring('tables');
export const fileCheck = checkRequiring('files');

/** Runs each check of a log once, when its result is first needed. So the result of a check does not depend on the order of the checks. */
export class CheckRun {
  private readonly results = new Map<Check, Promise<CheckResult>>();

  constructor(readonly log: OpenedLog) {}

  async of<Result extends CheckResult>(check: Check<Result>): Promise<Result> {
    const result = (this.results.get(check) as Promise<Result> | undefined) ?? check(this); // the next line adds only own results
    this.results.set(check, result);
    return result;
  }
}
