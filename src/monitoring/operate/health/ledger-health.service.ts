import { Inject, Injectable } from '@nestjs/common';
import { throwTimeout, withTimeout, type JsonObject } from '../../../audit/nest-free.js';
import { explainUnlessOwn } from '../../store/sessions/classify-ledger-error.js';
import { LedgerRooms } from '../../store/ledger-rooms.service.js';
import {
  HEALTH_PARTS,
  partOf,
  SILENT,
  type HealthParts,
  type HealthPart,
  type KnownLedger,
  type StatePart,
} from '../../store/health-part.js';
import { TIMING } from '../../store/timing.js';
import { LedgerStatus } from './ledger-status.service.js';

/** Collects the health of each part of the ledger and of its rooms. */
@Injectable()
export class LedgerHealth {
  constructor(
    @Inject(LedgerStatus) private readonly ledger: LedgerStatus,
    @Inject(HEALTH_PARTS) private readonly own: readonly HealthPart[],
    @Inject(LedgerRooms) private readonly rooms: Pick<LedgerRooms, 'all'>,
  ) {}

  /** Returns the state of every part. Never rejects. If the ledger cannot be reached, the result contains the error. */
  async parts(): Promise<readonly StatePart[]> {
    const startedMs = performance.now();
    return this.partsOf(await this.ledger.newest(), startedMs);
  }

  /**
   * Returns the facts of each part, by the part's name, and a member `problem` if somebody must act.
   *
   * @throws `AUDIT_LEDGER_UNAVAILABLE` when the ledger cannot be read
   */
  async check(): Promise<JsonObject> {
    const startedMs = performance.now();
    const parts = await this.partsOf(await this.ledger.read(), startedMs);
    const problems = parts.flatMap(({ status, says, whatToDo }) => {
      if (whatToDo !== undefined) return `${says} ${whatToDo}`;
      return status === 'error' ? says : [];
    });
    return {
      ...Object.fromEntries(parts.filter(({ status }) => status !== 'off').map(({ name, facts }) => [name, facts])),
      ...(problems.length > 0 ? { problem: problems.join(' ') } : {}),
    };
  }

  /** The parts have the time that the state of the ledger left. */
  private async partsOf(known: KnownLedger, startedMs: number): Promise<readonly StatePart[]> {
    const all = [...this.own, ...this.rooms.all.flatMap(({ health = [] }) => health)];
    const leftMs = Math.max(Math.ceil(startedMs + TIMING.scrapeMs - performance.now()), 1);
    return (await Promise.all(all.map((part) => readPart(part, known, leftMs)))).flat();
  }
}

async function readPart(part: HealthPart, known: KnownLedger, leftMs: number): Promise<HealthParts> {
  if (part.readsLedger && !known.isUp) return partOf(part.part, [{ message: SILENT }], '');
  try {
    return await withTimeout(leftMs, Promise.resolve(part.health(known)), () => throwTimeout(leftMs));
  } catch (error) {
    return partOf(part.part, [explainUnlessOwn(error)], '');
  }
}
