import { Inject, Injectable } from '@nestjs/common';
import { AuditAggregator, judgeHealth } from '../../../audit/index.js';
import { seesSize, type LedgerAccess } from '../../read/access/ledger-access.js';
import { LedgerHealth } from './ledger-health.service.js';
import { countOf, splitMessage, type StatePart } from '../../store/health-part.js';
import type { StateReport } from '../../store/state.dto.js';

const RANKS = ['off', 'ok', 'warning', 'error'] as const;

/** These parts reveal no hosts, files or other people's events. */
const FOR_EVERYBODY = ['integrity', 'checkpoint', 'sealing', 'replica'];

@Injectable()
export class LedgerReport {
  constructor(
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(LedgerHealth) private readonly health: Pick<LedgerHealth, 'parts'>,
  ) {}

  /** Reports every part, or the parts that `access` allows. Never rejects. If the ledger cannot be reached, the report contains the error. */
  async report(access: LedgerAccess): Promise<StateReport> {
    if (access.scope === 'all') return reportOf((await Promise.all([this.health.parts(), this.delivery()])).flat());
    const parts = await this.health.parts();
    return reportOf(parts.filter(({ name }) => FOR_EVERYBODY.includes(name)).map((part) => withoutNames(part, access)));
  }

  private async delivery(): Promise<readonly StatePart[]> {
    const providers = await this.aggregator.health();
    const spill = this.aggregator.spill();
    const { state, reasons } = judgeHealth(providers, spill);
    const isOfSpill = (reason: string): boolean => /\bspill\b/i.test(reason);
    const problem = state === 'down' ? ('error' as const) : ('warning' as const);
    const partOf = (name: string, of: readonly string[], says: string, facts: StatePart['facts']): StatePart =>
      of.length === 0
        ? { name, status: 'ok', says, facts }
        : { name, status: problem, ...splitMessage(of.join(' ')), facts };
    const names = Object.keys(providers);
    const accepting = `${countOf(names.length, 'provider accepts', 'providers accept')} events: ${names.join(', ')}.`;
    const states = Object.fromEntries(Object.entries(providers).map(([name, health]) => [name, health.state]));
    return [
      partOf(
        'providers',
        reasons.filter((reason) => !isOfSpill(reason)),
        accepting,
        states,
      ),
      spill
        ? partOf('spill', reasons.filter(isOfSpill), 'No event waits in the spill.', {
            bytes: spill.bytes,
            maxBytes: spill.maxBytes,
            full: spill.full,
            deadLetters: Object.values(spill.deadLetters).reduce((sum, count) => sum + count, 0),
            corruptLines: spill.corruptLines,
          })
        : {
            name: 'spill',
            status: 'warning',
            says: 'The application has no spill: events that no provider accepts are lost.',
            whatToDo: 'Set spillDir to a folder on a disk with free space.',
            facts: {},
          },
    ];
  }
}

/** A message may name files and hosts. The facts tell how many events exist. */
function withoutNames({ name, status, facts }: StatePart, access: LedgerAccess): StatePart {
  const says = status === 'ok' ? 'Nothing needs attention.' : 'Something needs attention.';
  return {
    name,
    status,
    says,
    ...(status === 'ok' ? {} : { whatToDo: 'Tell the operators of the application.' }),
    facts: seesSize(access) ? facts : {},
  };
}

function reportOf(parts: readonly StatePart[]): StateReport {
  const worst = Math.max(1, ...parts.map(({ status }) => RANKS.indexOf(status)));
  return { status: worst === 3 ? 'error' : worst === 2 ? 'warning' : 'ok', at: new Date().toISOString(), parts };
}
