import { Inject, Injectable } from '@nestjs/common';
import { LedgerStateReader } from '../../store/ledger-state-reader.service.js';
import { countOf, partOff, partOf, type HealthPart, type StatePart } from '../../store/state-part.js';
import { RETENTION_OPTIONS, type RetentionSlice } from './retention-policy.js';

const LATE_HOURS = 48;

const KEPT = `
  SELECT (SELECT count(*) FROM audit_legal_hold WHERE released_at IS NULL AND (until IS NULL OR until > now()))::float8 AS holds,
         (SELECT count(*) FROM audit_retirement
           WHERE state <> 'retired' AND planned_at < now() - make_interval(hours => ${LATE_HOURS}))::float8 AS stuck,
         (SELECT to_char(max(retired_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') FROM audit_retirement) AS retired_at`;

/** Says which events are kept, and whether those that are not go in time. */
@Injectable()
export class RetentionHealth implements HealthPart {
  readonly part = 'retention';
  constructor(
    @Inject(LedgerStateReader) private readonly state: Pick<LedgerStateReader, 'rows'>,
    @Inject(RETENTION_OPTIONS) private readonly keeping: RetentionSlice,
  ) {}

  async health(): Promise<readonly StatePart[]> {
    const { retention } = this.keeping;
    const [row] = await this.state.rows(KEPT);
    const [holds, stuck] = [Number(row?.holds ?? 0), Number(row?.stuck ?? 0)];
    const retiredAt = typeof row?.retired_at === 'string' ? row.retired_at : null;
    const facts = { retiredAt, unfinished: stuck, days: retention ? String(retention.days) : null };
    const unfinished = `${countOf(stuck, 'retirement is', 'retirements are')} unfinished for more than two days. ${WHEN_STUCK}`;
    const says = retention ? `Events are kept for ${retention.days} days or longer.` : 'Events are kept forever.';
    const retiring =
      stuck > 0 || retention
        ? partOf(this.part, [stuck > 0 ? { message: unfinished } : undefined], says, facts)
        : partOff(this.part, says, facts);
    const kept = `${countOf(holds, 'legal hold keeps', 'legal holds keep')} events from retention and erasure.`;
    return [retiring, partOf('holds', [], kept, { active: holds })];
  }
}

const WHEN_STUCK = 'Run "nestjs-audit-ledger retention run", and see what it prints.';
