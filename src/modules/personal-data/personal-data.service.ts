import { Inject, Injectable, Logger, Module, Optional, ServiceUnavailableException } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { errorMessage } from '../../audit/index.js';

/** What a feature that keeps something of a person does for that person's rights. */
export interface PersonalDataHolder {
  /** What the feature keeps of the person, as plain JSON. Reads only, through `manager`. */
  exportFor(userId: string, manager: EntityManager): Promise<unknown>;

  /**
   * Makes what the feature keeps tell nothing of the person any more, in the transaction of `manager`: either every
   * feature forgets, or none does.
   *
   * @throws RefusedError (409) when the person cannot go yet
   */
  eraseFor(userId: string, manager: EntityManager): Promise<void>;

  /** What else the person goes by, such as e-mail addresses: as it is before anything is erased. */
  identifiersFor?(userId: string, manager: EntityManager): Promise<readonly string[]>;
}

/**
 * Marks a provider as a {@link PersonalDataHolder}: it is found at bootstrap, in any module. `section` is the name under
 * which an export has what it keeps; unique.
 */
export const HoldsPersonalData = DiscoveryService.createDecorator<{ readonly section: string }>();

/** The injection token of {@link LedgerPrivacy}, where the ledger is on. */
export const LEDGER_PRIVACY = Symbol('LEDGER_PRIVACY');

/** What the audit ledger does for the rights of a person, as far as it is used here: the monitoring module has it. */
interface LedgerPrivacy {
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

/** The section of the ledger. */
const LEDGER = 'auditLedger';
/** Long enough for the features' transaction. */
const BEGINS_AFTER_MS = 60_000;
/** The pieces of an export, which is made in memory; anyone who has more asks an administrator for the report itself. */
const MOST_PIECES = 10_000;

/** What all features and the ledger together keep of a person. */
@Injectable()
export class PersonalData implements OnModuleInit {
  private readonly logger = new Logger(PersonalData.name);
  private readonly holders = new Map<string, PersonalDataHolder>();

  constructor(
    private readonly discovery: DiscoveryService,
    @InjectDataSource() private readonly database: DataSource,
    @Optional() @Inject(LEDGER_PRIVACY) private readonly ledger?: LedgerPrivacy,
  ) {}

  /** @throws Error when two holders have the same section */
  onModuleInit(): void {
    for (const wrapper of this.discovery.getProviders({ metadataKey: HoldsPersonalData.KEY })) {
      const section = this.discovery.getMetadataByDecorator(HoldsPersonalData, wrapper)?.section;
      if (section === undefined) continue;
      if (this.holders.has(section)) {
        throw new Error(
          `Cannot export personal data: ${wrapper.name} takes the section "${section}", which another holder has. Rename one.`,
        );
      }
      this.holders.set(section, wrapper.instance as PersonalDataHolder); // the decorator's contract
    }
  }

  /** The names of the sections of an export, sorted. */
  get sections(): readonly string[] {
    return [...this.holders.keys(), ...(this.ledger ? [LEDGER] : [])].sort();
  }

  /** What each feature has of the person, as of one moment, and the ledger. */
  async export(userId: string): Promise<Readonly<Record<string, unknown>>> {
    const sections: Record<string, unknown> = {};
    await this.database.transaction('REPEATABLE READ', async (manager) => {
      for (const [section, holder] of this.holders) sections[section] = await holder.exportFor(userId, manager);
    });
    if (this.ledger) sections[LEDGER] = await this.orUnavailable('export', piecesOf(this.ledger, userId));
    return sections;
  }

  /**
   * Makes every feature forget the person. Committed when it resolves; the ledger forgets soon after: its erasure is on record before, and
   * begins by itself a minute later if the process dies meanwhile.
   *
   * @throws RefusedError (409); then nothing is changed
   */
  async erase(userId: string): Promise<void> {
    const planned = await this.planInLedger(userId);
    try {
      await this.database.transaction(async (manager) => {
        for (const holder of this.holders.values()) await holder.eraseFor(userId, manager);
      });
    } catch (error) {
      if (planned !== undefined) await this.ledger?.withdraw(planned);
      throw error;
    }
    if (planned !== undefined) await this.ledger?.begin(planned);
  }

  /** Resolves with the id of the erasure. */
  private async planInLedger(id: string): Promise<string | undefined> {
    if (!this.ledger) return undefined;
    const identifiers: string[] = [];
    for (const holder of this.holders.values()) {
      identifiers.push(...((await holder.identifiersFor?.(id, this.database.manager)) ?? []));
    }
    const by = { type: 'user', id } as const;
    const options = { by, reason: 'account deleted', startsAt: new Date(Date.now() + BEGINS_AFTER_MS) };
    return (await this.orUnavailable('delete', this.ledger.erase({ id, identifiers }, options))).id;
  }

  /** What is wrong with the ledger is for the log, and no matter of the person's. */
  private async orUnavailable<Result>(doing: string, answer: Promise<Result>): Promise<Result> {
    try {
      return await answer;
    } catch (error) {
      this.logger.error(errorMessage(error));
      const message = `Cannot ${doing} the account now: the audit ledger, which has a part in it, cannot be reached. Try again later.`;
      throw new ServiceUnavailableException(message, { cause: error });
    }
  }
}

async function piecesOf(ledger: LedgerPrivacy, id: string): Promise<object> {
  const pieces: object[] = [];
  for await (const { kind, ...piece } of ledger.report({ id })) {
    if (kind === 'row') continue; // what the features keep stands in their own sections
    pieces.push(piece);
    if (pieces.length >= MOST_PIECES) return { pieces, isWhole: false };
  }
  return { pieces, isWhole: true };
}

/** Brings together what the features keep of a person. Imports none of them, so that each may implement its port. */
@Module({ imports: [DiscoveryModule], providers: [PersonalData], exports: [PersonalData] })
export class PersonalDataModule {}
