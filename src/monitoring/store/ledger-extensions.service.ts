import { Injectable } from '@nestjs/common';
import type { Registry } from 'prom-client';
import { type AuditEvent, auditErrors } from '../../audit/nest-free.js';
import type { LedgerAccess } from '../read/access/ledger-access.js';
import type { Check } from './check.js';
import type { RunningLedger } from './ledger-state.js';

/** A job that runs once per period; periods are counted from the Unix epoch. */
export interface RecurringJob {
  /** The job's name in the `SchedulerRegistry` of `@nestjs/schedule`. */
  readonly name: string;
  readonly periodMs: number;
  /** Whether the job also runs at the start of the application. */
  readonly runsAtStart?: true;
  /** Must not reject. */
  run(): Promise<void>;
}

/** A component that stores accepted events outside the ledger first, and moves the events to the ledger later. */
export interface LedgerIngest {
  /**
   * Resolves with `accepted` when the component has stored the events, or with `undefined` when the ledger has stored the events.
   *
   * @param lines the lines of the events, for the inbox
   */
  publish(
    events: readonly AuditEvent[],
    lines: readonly string[],
    signal?: AbortSignal,
  ): Promise<'accepted' | undefined>;
  /**
   * Waits briefly until the ledger has all accepted events. If an event is still missing, resolves with the reason, as a clause of a
   * sentence. Never rejects.
   */
  settle(): Promise<string | undefined>;
}

type EventPartReader = (
  access: LedgerAccess,
  event: { readonly id: string; readonly index?: number; readonly type: string; readonly details: object },
) => Promise<readonly object[] | undefined>;

/** What an optional extension adds to the ledger, besides routes, tables and commands. */
export interface LedgerExtension {
  /** The name of the extension's module, such as `StreamsModule`. */
  readonly name: string;
  /**
   * A SQL query that reads the extension's tables. The query runs at every read of the ledger's state. `KnownLedger.extensionRows` contains the first
   * row of the result.
   */
  readonly stateQuery?: string;
  readonly checks?: readonly Check<RunningLedger>[];
  readonly metrics?: (registry: Registry) => void;
  readonly jobs?: readonly RecurringJob[];
  readonly ingest?: LedgerIngest;
  /**
   * The lists that `GET /audit/events/:id` can include, by name; `undefined` if the list does not apply to the event. The `id` of an item must be the
   * id of an event.
   */
  readonly eventParts?: Readonly<Record<string, EventPartReader>>;
}

/** The injection token of {@link LedgerExtensions} for extensions' modules. Nest prints the symbol's text if an extension is imported without a ledger. */
export const LEDGER_EXTENSIONS = Symbol(
  'of the ledger (import MonitoringModule.forRootAsync({ … }) in the root module)',
);

/** The registry of optional extensions. The ledger uses what extensions add, but depends on none of them. */
@Injectable()
export class LedgerExtensions {
  private readonly registered = new Map<string, LedgerExtension>();

  /**
   * Registers an extension. Called in the constructor of the extension's module. @throws `AUDIT_MODULE_MISUSED` for a second
   * registration
   */
  register(extension: LedgerExtension): void {
    if (this.registered.has(extension.name)) throw auditErrors.AUDIT_MODULE_MISUSED.extension(extension.name);
    this.registered.set(extension.name, extension);
  }

  /** The extensions, in the order of their import. */
  get all(): readonly LedgerExtension[] {
    return [...this.registered.values()];
  }

  get ingest(): LedgerIngest | undefined {
    return this.all.find(({ ingest }) => ingest)?.ingest;
  }
}
