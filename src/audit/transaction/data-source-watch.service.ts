import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { findDataSources } from './find-data-sources.js';
import { watchDataSource } from './watch-data-source.js';

/** Watches the transactions of every TypeORM data source that the application provides. */
@Injectable()
export class DataSourceWatch implements OnModuleInit {
  constructor(@Inject(ModulesContainer) private readonly modules: ModulesContainer) {}

  /** Every module's instances exist by now, and no module's own `onModuleInit` ran yet. */
  onModuleInit(): void {
    for (const { source } of findDataSources(this.modules)) watchDataSource(source);
  }
}
