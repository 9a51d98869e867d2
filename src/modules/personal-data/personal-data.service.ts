import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { HoldsPersonalData, type PersonalDataHolder, type PlannedErasure } from './personal-data-holder.js';

/** What all features together keep of a person. */
@Injectable()
export class PersonalData implements OnModuleInit {
  private readonly holders = new Map<string, PersonalDataHolder>();

  constructor(
    private readonly discovery: DiscoveryService,
    @InjectDataSource() private readonly database: DataSource,
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
    return [...this.holders.keys()].sort();
  }

  /** What each section has of the person, as of one moment. */
  async export(userId: string): Promise<Readonly<Record<string, unknown>>> {
    return this.database.transaction('REPEATABLE READ', async (manager) => {
      const sections: Record<string, unknown> = {};
      for (const [section, holder] of this.holders) sections[section] = await holder.exportFor(userId, manager);
      return sections;
    });
  }

  /**
   * Makes every feature forget the person. Committed when it resolves; what keeps the person elsewhere forgets soon after.
   *
   * @throws RefusedError (409); then nothing is changed
   */
  async erase(userId: string): Promise<void> {
    const planned = await this.planElsewhere(userId);
    try {
      await this.database.transaction(async (manager) => {
        for (const holder of this.holders.values()) await holder.eraseFor?.(userId, manager);
      });
    } catch (error) {
      await Promise.all(planned.map((erasure) => erasure.withdraw()));
      throw error;
    }
    await Promise.all(planned.map((erasure) => erasure.begin()));
  }

  private async planElsewhere(userId: string): Promise<readonly PlannedErasure[]> {
    const identifiers: string[] = [];
    const planned: PlannedErasure[] = [];
    const { manager } = this.database;
    for (const holder of this.holders.values()) {
      identifiers.push(...((await holder.identifiersFor?.(userId, manager)) ?? []));
    }
    for (const holder of this.holders.values()) {
      const erasure = await holder.planErasure?.({ userId, identifiers });
      if (erasure) planned.push(erasure);
    }
    return planned;
  }
}

/** Brings together what the features keep of a person. Imports none of them, so that each may implement its port. */
@Module({ imports: [DiscoveryModule], providers: [PersonalData], exports: [PersonalData] })
export class PersonalDataModule {}
