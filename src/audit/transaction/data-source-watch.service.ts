import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { findDataSources } from './find-data-sources.js';
import { watchDataSource } from './watch-data-source.js';

/** Watches the transactions of every TypeORM data source that the application provides. */
@Injectable()
export class DataSourceWatch implements OnModuleInit {
  constructor(@Inject(ModulesContainer) private readonly modules: ModulesContainer) {}

  /** Runs after every module's instances exist and before other modules' `onModuleInit`. */
  onModuleInit(): void {
    for (const { source } of findDataSources(this.modules)) watchDataSource(source);
  }
}
