import { Inject, Injectable, Logger, ServiceUnavailableException } from '@nestjs/common';
import { errorMessage } from '../../audit/index.js';
import {
  HoldsPersonalData,
  type LeavingPerson,
  type PersonalDataHolder,
  type PlannedErasure,
} from './personal-data-holder.js';

/** The injection token of {@link LedgerPrivacy}. */
export const LEDGER_PRIVACY = Symbol('LEDGER_PRIVACY');

/** What the audit ledger does for the rights of a person, as far as it is used here: the monitoring module has it. */
export interface LedgerPrivacy {
  erase(
    subject: { readonly id: string; readonly identifiers: readonly string[] },
    options: {
      readonly by: { readonly type: 'user'; readonly id: string };
      readonly reason: string;
      readonly startsAt: Date;
    },
  ): Promise<{ readonly id: string }>;
  begin(erasureId: string): Promise<void>;
  withdraw(erasureId: string): Promise<unknown>;
  report(subject: { readonly id: string }): AsyncIterable<{ readonly kind: string }>;
}

/** Long enough for the features' transaction. */
const BEGINS_AFTER_MS = 60_000;
/** The pieces of an export, which is made in memory; anyone who has more asks an administrator for the report itself. */
const MOST_PIECES = 10_000;

/** What the audit ledger has of a person. Provided where the ledger is on. */
@Injectable()
@HoldsPersonalData({ section: 'auditLedger' })
export class LedgerHolder implements PersonalDataHolder {
  constructor(@Inject(LEDGER_PRIVACY) private readonly ledger: LedgerPrivacy) {}

  exportFor(userId: string): Promise<object> {
    return orUnavailable('export', this.piecesOf(userId));
  }

  async planErasure({ userId, identifiers }: LeavingPerson): Promise<PlannedErasure> {
    const startsAt = new Date(Date.now() + BEGINS_AFTER_MS);
    const by = { type: 'user', id: userId } as const;
    const subject = { id: userId, identifiers };
    const planned = this.ledger.erase(subject, { by, reason: 'account deleted', startsAt });
    const { id } = await orUnavailable('delete', planned);
    return {
      begin: () => this.ledger.begin(id),
      withdraw: () => this.ledger.withdraw(id),
    };
  }

  private async piecesOf(userId: string): Promise<object> {
    const pieces: object[] = [];
    for await (const { kind, ...piece } of this.ledger.report({ id: userId })) {
      if (kind === 'row') continue; // what the features keep stands in their own sections
      pieces.push(piece);
      if (pieces.length >= MOST_PIECES) return { pieces, isWhole: false };
    }
    return { pieces, isWhole: true };
  }
}

const logger = new Logger('PersonalData');

/** What is wrong with the ledger is for the log, and no matter of the person's. */
async function orUnavailable<Result>(doing: string, answer: Promise<Result>): Promise<Result> {
  try {
    return await answer;
  } catch (error) {
    logger.error(errorMessage(error));
    const message = `Cannot ${doing} the account now: the audit ledger, which has a part in it, cannot be reached. Try again later.`;
    throw new ServiceUnavailableException(message, { cause: error });
  }
}
