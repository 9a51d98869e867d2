import { Inject, Injectable, Logger, Module, Optional, ServiceUnavailableException } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { getErrorMessage } from '../../audit/nest-free.js';

/** A feature that stores personal data, and that can export and erase this data. */
export interface PersonalDataHolder {
  /** Returns the feature's data about the person, as plain JSON. Only reads, and only through `manager`. */
  exportFor(userId: string, manager: EntityManager): Promise<unknown>;

  /**
   * Removes or changes the feature's data so that it reveals nothing about the person. All features share the transaction of `manager`, so
   * either all of them erase, or none does.
   *
   * @throws RefusedError (409) if the person's data cannot be erased yet
   */
  eraseFor(userId: string, manager: EntityManager): Promise<void>;

  /** Returns identifiers of the person besides the user id, for example e-mail addresses. Is called before the erasure. */
  identifiersFor?(userId: string, manager: EntityManager): Promise<readonly string[]>;
}

/**
 * Marks a provider of any module as a {@link PersonalDataHolder}. `section` is the unique name that the provider's data has in an export.
 */
export const HoldsPersonalData = DiscoveryService.createDecorator<{ readonly section: string }>();

/** The injection token of {@link LedgerPrivacy}; provided if the ledger is on. */
export const LEDGER_PRIVACY = Symbol('LEDGER_PRIVACY');

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

const LEDGER = 'auditLedger';
const BEGINS_AFTER_MS = 60_000;
/** The limit of an export, because an export is made in memory. An administrator's report has no such limit. */
const MAX_PARTS = 10_000;

/** Exports and erases the data that all features and the ledger store about a person. */
@Injectable()
export class PersonalData implements OnModuleInit {
  private readonly logger = new Logger(PersonalData.name);
  private readonly holders = new Map<string, PersonalDataHolder>();

  constructor(
    private readonly discovery: DiscoveryService,
    @InjectDataSource() private readonly database: DataSource,
    @Optional() @Inject(LEDGER_PRIVACY) private readonly ledger?: LedgerPrivacy,
  ) {}

  /** @throws Error if two holders have the same section */
  onModuleInit(): void {
    for (const wrapper of this.discovery.getProviders({ metadataKey: HoldsPersonalData.KEY })) {
      const section = this.discovery.getMetadataByDecorator(HoldsPersonalData, wrapper)?.section;
      if (section === undefined) continue;
      if (this.holders.has(section)) {
        throw new Error(
          `Cannot export personal data: ${wrapper.name} has the section "${section}", which another holder has, too. Rename one of the sections.`,
        );
      }
      this.holders.set(section, wrapper.instance as PersonalDataHolder); // only a PersonalDataHolder has this decorator
    }
  }

  /** The names of the sections in an export, sorted. */
  get sections(): readonly string[] {
    return [...this.holders.keys(), ...(this.ledger ? [LEDGER] : [])].sort();
  }

  /** Returns the data of each feature about the person, as of one moment, and the data of the ledger. */
  async export(userId: string): Promise<Readonly<Record<string, unknown>>> {
    const sections: Record<string, unknown> = {};
    await this.database.transaction('REPEATABLE READ', async (manager) => {
      for (const [section, holder] of this.holders) sections[section] = await holder.exportFor(userId, manager);
    });
    if (this.ledger) sections[LEDGER] = await this.orUnavailable('export', collectReport(this.ledger, userId));
    return sections;
  }

  /**
   * Erases the person's data in every feature, and commits. The erasure in the ledger is planned before the transaction of the features,
   * and starts after its commit. If the process dies in between, the ledger's erasure starts after a minute.
   *
   * @throws RefusedError (409) if the data cannot be erased yet; nothing has then changed
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

  /** Hides the cause of an error: the client only learns that the ledger is unavailable. */
  private async orUnavailable<Result>(doing: string, work: Promise<Result>): Promise<Result> {
    try {
      return await work;
    } catch (error) {
      this.logger.error(getErrorMessage(error));
      const message = `Cannot ${doing} the account now: the audit ledger, which stores data of the account, cannot be reached. Try again later.`;
      throw new ServiceUnavailableException(message, { cause: error });
    }
  }
}

async function collectReport(ledger: LedgerPrivacy, id: string): Promise<object> {
  const pieces: object[] = [];
  for await (const { kind, ...piece } of ledger.report({ id })) {
    if (kind === 'row') continue; // the sections of the features already contain their rows
    pieces.push(piece);
    if (pieces.length >= MAX_PARTS) return { pieces, isComplete: false };
  }
  return { pieces, isComplete: true };
}

/** Provides {@link PersonalData}. The module does not import the features; instead, each feature implements {@link PersonalDataHolder}. */
@Module({ imports: [DiscoveryModule], providers: [PersonalData], exports: [PersonalData] })
export class PersonalDataModule {}
