import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { EventFactory } from '../event-factory.service.js';
import { addRowContextSource, removeRowContextSource, type RowContextSource } from './row-context.js';

/** Registers the application with its database clients, since its options decide who the actor is. */
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
