import { randomBytes } from 'node:crypto';
import type { FactRules, JsonObject } from '../../audit/nest-free.js';
import { SEED_BYTES } from '../../monitoring/inbox/inbox-row.js';
import { findPersonal } from '../../monitoring/inbox/find-personal.js';
import { insertSealed } from '../../monitoring/store/insert-batch.js';
import { sealLine, type SealedRow } from '../../monitoring/store/seal-row.js';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import type { CapturedChunk } from './captured-chunk.js';
import type { DrainPace } from '../../monitoring/operate/jobs/drain-pace.js';
import { eventsOfChunk, factRulesOf, withFactId, type EventMaker, type RowChangeEvent } from './row-change-event.js';
import { rowChangesErrors } from './row-changes.errors.js';

const STORED_EVENTS = 200;

const STORE_IMAGES = `
  INSERT INTO audit_row_image (event_id, before, after)
    SELECT * FROM unnest($1::uuid[], $2::jsonb[], $3::jsonb[])`;

interface Made {
  readonly row: SealedRow;
  readonly images: RowChangeEvent['images'];
}

/** Seals and stores the events of row changes, in one transaction. This class makes the next events while the database stores the previous events. */
export class ChangeStore {
  /** The stored rows, in the order of the changes. */
  readonly rows: SealedRow[] = [];
  private readonly seed = randomBytes(SEED_BYTES);
  private made: Made[] = [];
  private stored: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly session: LedgerSession,
    private readonly maker: EventMaker,
    private readonly pace: DrainPace,
  ) {}

  /** Adds changes. Rejects with `AUDIT_ROW_CHANGES_PARKED` if a change cannot become an event, or with the error of the PostgreSQL client. */
  async add(chunks: Iterable<CapturedChunk>): Promise<void> {
    this.pace.begin();
    for (const chunk of chunks) {
      for (const made of makeEvents(chunk, this.maker, this.seed)) {
        this.made.push(made);
        if (this.made.length >= STORED_EVENTS) await this.storeMade();
        else if (this.pace.isDue) await this.pace.rest();
      }
    }
    await this.pace.rest();
  }

  /** Resolves when all added changes are stored. Rejects with the error of the PostgreSQL client. */
  async end(): Promise<void> {
    await this.storeMade();
    await this.stored;
  }

  private async storeMade(): Promise<void> {
    await this.pace.rest();
    await this.stored;
    this.pace.begin();
    for (const { row } of this.made) this.rows.push(row);
    this.stored = store(this.session, this.made);
    this.stored.catch(() => undefined); // prevents an unhandled rejection: the next `await` throws the error
    this.made = [];
  }
}

function* makeEvents(chunk: CapturedChunk, maker: EventMaker, seed: Uint8Array): Generator<Made> {
  const rules = new Map<string, readonly [FactRules, FactRules]>();
  const rulesFor = (type: string): readonly [FactRules, FactRules] => {
    const known = rules.get(type);
    if (known) return known;
    const own = factRulesOf(chunk, maker.rulesFor(type));
    const both = [own, withFactId(own)] as const;
    rules.set(type, both);
    return both;
  };
  try {
    for (const change of eventsOfChunk(chunk, maker)) {
      const event = maker.make(change);
      const [own, withId] = rulesFor(event.type);
      const marks = findPersonal(event, change.hasFactId ? withId : own);
      yield { row: sealLine({ event, marks }, seed), images: change.images };
    }
  } catch (error) {
    throw rowChangesErrors.AUDIT_ROW_CHANGES_PARKED.unmade(error);
  }
}

/** Queues all statements at once: a statement queued later could run after the end of the transaction. */
async function store(session: LedgerSession, made: readonly Made[]): Promise<void> {
  if (made.length === 0) return;
  const apart = made.filter(({ images }) => images !== undefined);
  await Promise.all([
    session.query(insertSealed(made.map(({ row }) => row))),
    ...(apart.length > 0 ? [session.rows(STORE_IMAGES, valuesOfImages(apart))] : []),
  ]);
}

function valuesOfImages(made: readonly Made[]): readonly unknown[] {
  const textOf = (image: JsonObject | undefined): string | null => (image === undefined ? null : JSON.stringify(image));
  return [
    made.map(({ row }) => row.event.id),
    made.map(({ images }) => textOf(images?.before)),
    made.map(({ images }) => textOf(images?.after)),
  ];
}
