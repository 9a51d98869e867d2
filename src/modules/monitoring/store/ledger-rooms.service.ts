import { Injectable } from '@nestjs/common';
import type { Registry } from 'prom-client';
import { ModuleMisusedError } from '../../../audit/plain.js';
import type { SealedRow } from './seal-row.js';
import type { HealthPart } from './health-part.js';

/** A job that runs once in each period of the clock (UTC). */
export interface RecurringJob {
  /** The job's name in the `SchedulerRegistry` of `@nestjs/schedule`. */
  readonly name: string;
  readonly periodMs: number;
  /** Must not reject. */
  run(): Promise<void>;
}

/** A component that accepts events in front of the ledger, and stores them there later. */
export interface LedgerFront {
  /** Resolves with `accepted` once the events are kept elsewhere, or with `undefined` once the ledger has them. */
  publish(rows: readonly SealedRow[], signal?: AbortSignal): Promise<'accepted' | undefined>;
  /**
   * Waits a little until the ledger has all events that are kept elsewhere. Resolves with the reason if it does not, as a clause; otherwise
   * with `undefined`. Never rejects.
   */
  settle(): Promise<string | undefined>;
}

/** The parts that an optional room adds to the ledger, besides its routes, tables and commands. */
export interface LedgerRoom {
  /** The name of its module, such as `StreamsModule`. */
  readonly name: string;
  /** A statement about its tables, which runs whenever the ledger's state is read. Its row is in `KnownLedger.answers`. */
  readonly asks?: string;
  readonly health?: readonly HealthPart[];
  readonly metrics?: (registry: Registry) => void;
  readonly jobs?: readonly RecurringJob[];
  readonly front?: LedgerFront;
}

/** The injection token of {@link LedgerRooms} for the modules of rooms. Nest shows its text if a room is imported without a ledger. */
export const LEDGER_ROOMS = Symbol('of the ledger (import MonitoringModule.forRootAsync({ … }) in the root module)');

/** The registry where optional rooms plug in: the ledger knows what they add, but not what they are. */
@Injectable()
export class LedgerRooms {
  private readonly plugged = new Map<string, LedgerRoom>();

  /** Called by the constructor of a room's module. @throws ModuleMisusedError (`AUDIT_MODULE_MISUSED`) the second time */
  plug(room: LedgerRoom): void {
    if (this.plugged.has(room.name)) throw ModuleMisusedError.room(room.name);
    this.plugged.set(room.name, room);
  }

  /** The rooms, in the order of their import. */
  get all(): readonly LedgerRoom[] {
    return [...this.plugged.values()];
  }

  get front(): LedgerFront | undefined {
    return this.all.find(({ front }) => front)?.front;
  }
}
