import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { AuditAggregator, assessHealth } from '../../../audit/index.js';
import { throwTimeout, withTimeout, type JsonObject } from '../../../audit/nest-free.js';
import { canSeeSize, type LedgerAccess } from '../../read/access/ledger-access.js';
import {
  canRun,
  formatCount,
  assess,
  NO_SPILL_VERDICT,
  runCheck,
  NO_ANSWER_ADVICE,
  splitMessage,
  type Check,
  type StatePart,
} from '../../store/check.js';
import { LedgerExtensions } from '../../store/ledger-extensions.service.js';
import type { LedgerRow } from '../../store/ledger-row.js';
import { readDisk } from '../../store/ledger-disk.js';
import { readLedgerState, type KnownLedger, type RunningLedger } from '../../store/ledger-state.js';
import { explainLedgerError, toAuditError } from '../../store/sessions/classify-ledger-error.js';
import { LedgerStateReader } from '../../store/sessions/ledger-pools.service.js';
import type { StateReport } from '../../store/state.dto.js';
import { TIMING } from '../../store/timing.js';
import { CheckpointPublisher, PUBLISHED_AGES } from '../publishing/checkpoint-publisher.service.js';

interface LastRead extends Pick<KnownLedger, 'state' | 'disk' | 'published' | 'extensionRows'> {
  readonly atMs: number;
}

/** Reads the ledger's state on request, and remembers the state. Callers wait together for one read, and only briefly. */
@Injectable()
export class LedgerStatus implements OnApplicationShutdown {
  private lastRead: LastRead = {
    ...{ state: undefined, published: new Map(), extensionRows: new Map() },
    atMs: performance.now(),
  };
  private error: unknown;
  private reading: Promise<void> | undefined;

  constructor(
    @Inject(LedgerStateReader) private readonly reader: Pick<LedgerStateReader, 'rows'>,
    @Inject(CheckpointPublisher) private readonly publisher: Pick<CheckpointPublisher, 'destinationStates'>,
    @Inject(LedgerExtensions) private readonly extensions: Pick<LedgerExtensions, 'all'>,
  ) {}

  /** Reads the state of the ledger, and returns the newest state that is known within {@link TIMING.scrapeMs}. Never rejects. */
  async newest(): Promise<KnownLedger> {
    const waitMs = TIMING.scrapeMs;
    await withTimeout(waitMs, this.refresh(), () => (this.error = new Error(`timeout: no answer within ${waitMs} ms`)));
    const { atMs, ...lastRead } = this.lastRead;
    return { isUp: this.error === undefined, ...lastRead, ageSeconds: (performance.now() - atMs) / 1_000 };
  }

  /** Returns the state, like {@link newest}. @throws `AUDIT_LEDGER_UNAVAILABLE` */
  async read(): Promise<KnownLedger> {
    const known = await this.newest();
    if (this.error !== undefined) throw explainLedgerError(this.error);
    return known;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.reading;
  }

  private refresh(): Promise<void> {
    return (this.reading ??= this.readNow().finally(() => (this.reading = undefined)));
  }

  private async readNow(): Promise<void> {
    try {
      const state = await readLedgerState(this.reader);
      const published = await this.readPublished().catch(() => new Map<string, number>()); // the publisher's health reports the error
      const disk = await readDisk(this.reader);
      this.lastRead = { state, disk, published, extensionRows: await this.readExtensions(), atMs: performance.now() };
      this.error = undefined;
    } catch (error) {
      this.error = error; // the writers log the error
    }
  }

  /** An extension whose tables are missing is left out, because the extension's jobs report that failure. */
  private async readExtensions(): Promise<ReadonlyMap<string, LedgerRow>> {
    const extensionRows = new Map<string, LedgerRow>();
    for (const { stateQuery } of this.extensions.all) {
      const [row] = stateQuery === undefined ? [] : await this.reader.rows(stateQuery).catch(() => []);
      if (stateQuery !== undefined && row) extensionRows.set(stateQuery, row);
    }
    return extensionRows;
  }

  private async readPublished(): Promise<ReadonlyMap<string, number>> {
    const names = this.publisher.destinationStates.map(({ name }) => name);
    if (names.length === 0) return new Map();
    const rows = await this.reader.rows(PUBLISHED_AGES, [names]);
    return new Map(rows.map(({ destination, age }) => [String(destination), Math.max(Number(age), 0)]));
  }
}

/** The injection token of the checks of the running ledger, in the order of their display. The checks of optional extensions follow. */
export const RUNNING_CHECKS = Symbol('RUNNING_CHECKS');

const STATUS_RANKS = ['off', 'ok', 'warning', 'error'] as const;

/** These parts reveal no hosts, files or other people's events. */
const PUBLIC_PARTS = ['integrity', 'checkpoint', 'sealing', 'replica'];

/** Runs the checks of the running ledger and of its extensions, for `/health` and the state page. */
@Injectable()
export class LedgerHealth {
  constructor(
    @Inject(LedgerStatus) private readonly ledger: LedgerStatus,
    @Inject(LedgerStateReader) private readonly reader: Pick<LedgerStateReader, 'rows'>,
    @Inject(RUNNING_CHECKS) private readonly own: readonly Check<RunningLedger>[],
    @Inject(LedgerExtensions) private readonly extensions: Pick<LedgerExtensions, 'all'>,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {}

  /**
   * Returns the facts of each part, by the part's name, and a member `problem` if somebody must act.
   *
   * @throws `AUDIT_LEDGER_UNAVAILABLE` when the ledger cannot be read
   */
  async check(): Promise<JsonObject> {
    const startedMs = performance.now();
    const parts = await this.listParts(await this.ledger.read(), startedMs);
    const used = parts.filter(({ status }) => status !== 'off');
    const problems = used.flatMap(({ status, message, remedy }) => {
      if (remedy !== undefined) return `${message} ${remedy}`;
      return status === 'error' ? message : [];
    });
    return {
      ...Object.fromEntries(used.map(({ name, facts }) => [name, facts])),
      ...(problems.length > 0 ? { problem: problems.join(' ') } : {}),
    };
  }

  /** Reports every part, or the parts that `access` allows. Never rejects. If the ledger cannot be reached, the report contains the error. */
  async report(access: LedgerAccess): Promise<StateReport> {
    const startedMs = performance.now();
    const parts = await this.listParts(await this.ledger.newest(), startedMs);
    if (access.scope === 'all') return toStateReport([...parts, ...(await this.delivery())]);
    return toStateReport(
      parts.filter(({ name }) => PUBLIC_PARTS.includes(name)).map((part) => omitNames(part, access)),
    );
  }

  /** The checks have the time that the state of the ledger left. */
  private async listParts(ledger: KnownLedger, startedMs: number): Promise<readonly StatePart[]> {
    const all = [...this.own, ...this.extensions.all.flatMap(({ checks = [] }) => checks)];
    const leftMs = Math.max(Math.ceil(startedMs + TIMING.scrapeMs - performance.now()), 1);
    const input = { ledger, ...(ledger.isUp ? { reader: this.reader } : {}) };
    return (await Promise.all(all.map((check) => runCheckParts(check, input, leftMs)))).flat();
  }

  private async delivery(): Promise<readonly StatePart[]> {
    const providers = await this.aggregator.health();
    const spill = this.aggregator.spill();
    const { state, reasons } = assessHealth(providers, spill);
    const isOfSpill = (reason: string): boolean => /\bspill\b/i.test(reason);
    const buildPart = (name: string, of: readonly string[], message: string, facts: StatePart['facts']): StatePart => {
      if (of.length === 0) return { name, status: 'ok', message, facts };
      return { name, status: state === 'down' ? 'error' : 'warning', ...splitMessage(of.join(' ')), facts };
    };
    const names = Object.keys(providers);
    const accepting = `${formatCount(names.length, 'provider accepts', 'providers accept')} events: ${names.join(', ')}.`;
    const states = Object.fromEntries(Object.entries(providers).map(([name, health]) => [name, health.state]));
    const ofProviders = reasons.filter((reason) => !isOfSpill(reason));
    return [
      buildPart('providers', ofProviders, accepting, states),
      spill
        ? buildPart('spill', reasons.filter(isOfSpill), 'No event waits in the spill.', {
            bytes: spill.bytes,
            maxBytes: spill.maxBytes,
            full: spill.full,
            deadLetters: Object.values(spill.deadLetters).reduce((sum, count) => sum + count, 0),
            corruptLines: spill.corruptLines,
          })
        : { name: 'spill', status: 'warning', ...NO_SPILL_VERDICT, facts: {} },
    ];
  }
}

async function runCheckParts(
  check: Check<RunningLedger>,
  input: Partial<RunningLedger>,
  leftMs: number,
): Promise<readonly StatePart[]> {
  const failed = (error: Pick<Error, 'message'>): StatePart => ({
    name: check.name,
    facts: {},
    ...assess([error], ''),
  });
  if (!canRun(check, input)) return [failed({ message: NO_ANSWER_ADVICE })];
  try {
    return await withTimeout(leftMs, runCheck(check, input), () => throwTimeout(leftMs));
  } catch (error) {
    return [failed(toAuditError(error))];
  }
}

/** A message may name files and hosts. The facts tell how many events exist. */
function omitNames({ name, status, facts }: StatePart, access: LedgerAccess): StatePart {
  const message = status === 'ok' ? 'Nothing needs attention.' : 'Something needs attention.';
  return {
    name,
    status,
    message,
    ...(status === 'ok' ? {} : { remedy: 'Tell the operators of the application.' }),
    facts: canSeeSize(access) ? facts : {},
  };
}

function toStateReport(parts: readonly StatePart[]): StateReport {
  const worst = Math.max(1, ...parts.map(({ status }) => STATUS_RANKS.indexOf(status)));
  return { status: worst === 3 ? 'error' : worst === 2 ? 'warning' : 'ok', at: new Date().toISOString(), parts };
}
