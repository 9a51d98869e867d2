import { Controller, Module, Post, type Type } from '@nestjs/common';
import {
  AuditAggregator,
  AuditModule,
  type AuditEvent,
  type AuditModuleOptions,
  type AuditProvider,
  type AuditReceipt,
} from '../../../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../../../src/audit/testing/index.js';
import { listen } from '../../../support/http-app.js';

/** An application with a good provider and a bad one. */
export interface ProviderScene {
  readonly audit: AuditAggregator;
  /** What the good provider stored of the requests' events. */
  readonly stored: () => readonly AuditEvent[];
  /** How many requests the application answered. */
  readonly answered: () => number;
  /** Sends requests by many clients at once, each recording one event, and returns their receipts. */
  readonly send: (requests: number) => Promise<readonly AuditReceipt[]>;
  readonly close: () => Promise<void>;
}

const CLIENTS = 50;

/** Starts it over HTTP, with the bad provider of the test's. */
export async function startProviderScene(bad: AuditProvider, options: AuditModuleOptions): Promise<ProviderScene> {
  const memory = new InMemoryAuditProvider();
  let answered = 0;

  @Controller('events')
  class EventsController {
    constructor(private readonly audit: AuditAggregator) {}

    @Post()
    async record(): Promise<AuditReceipt> {
      const receipt = await this.audit.record('thing_change');
      answered++;
      return receipt;
    }
  }

  @Module({
    imports: [AuditModule.forRoot(options)],
    controllers: [EventsController],
    providers: [bad, memory].map((each) => ({ provide: each.constructor as Type, useValue: each })), // instances of classes
  })
  class SceneModule {}

  const { app, url } = await listen(SceneModule, 'express');
  const post = async (): Promise<AuditReceipt> => {
    const response = await fetch(`${url}/events`, { method: 'POST' });
    return (await response.json()) as AuditReceipt; // what the route returns
  };
  return {
    audit: app.get(AuditAggregator),
    stored: () => memory.events.filter(({ action }) => action === 'thing_change'),
    answered: () => answered,
    send: async (requests) => {
      const receipts: AuditReceipt[] = [];
      let sent = 0;
      const client = async (): Promise<void> => {
        while (sent++ < requests) receipts.push(await post());
      };
      await Promise.all(Array.from({ length: CLIENTS }, client));
      return receipts;
    },
    close: () => app.close(),
  };
}
