import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { readSafely } from '../event/read-safely.js';
import { findDataSources, findManagers } from './find-data-sources.js';
import { sourceOf } from './transaction-manager.js';
import { watchDataSource, watchManagerOf } from './watch-data-source.js';

/** Watches the transactions of every TypeORM data source that the application provides, and of the managers of its repositories. */
@Injectable()
export class DataSourceWatch implements OnModuleInit {
  constructor(@Inject(ModulesContainer) private readonly modules: ModulesContainer) {}

  /** Every module's instances exist by now, and no module's own `onModuleInit` ran yet. */
  onModuleInit(): void {
    const sources = findDataSources(this.modules).map(({ source }) => source);
    for (const source of sources) watchDataSource(source);
    for (const manager of findManagers(this.modules)) {
      const source = sources.find((each) => each === readSafely(() => sourceOf(manager)));
      if (source) watchManagerOf(source, manager);
    }
  }
}
