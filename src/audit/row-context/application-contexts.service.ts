import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { EventFactory } from '../event-factory.service.js';
import { addRowContextSource, removeRowContextSource, type RowContextSource } from './row-context.js';

/** Makes the application known to its database clients: who acts is for its options to say. */
@Injectable()
export class ApplicationContexts implements RowContextSource, OnApplicationShutdown {
  constructor(
    @Inject(ModulesContainer) readonly modules: ModulesContainer,
    @Inject(EventFactory) readonly events: EventFactory,
  ) {
    addRowContextSource(this);
  }

  onApplicationShutdown(): void {
    removeRowContextSource(this);
  }
}
