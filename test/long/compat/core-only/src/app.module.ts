import { Body, Controller, Get, Injectable, Module, Post } from '@nestjs/common';
import { Audited, AuditModule, AuditProvider, type AuditEvent } from 'nestjs-audit-ledger';

@Injectable()
@AuditProvider({ backend: 'order-timeline', categories: ['order'] })
export class OrderTimelineProvider implements AuditProvider {
  readonly events: AuditEvent[] = [];

  record(batch: readonly AuditEvent[]): Promise<void> {
    this.events.push(...batch);
    return Promise.resolve();
  }
}

@Controller('orders')
export class OrdersController {
  constructor(private readonly timeline: OrderTimelineProvider) {}

  @Post()
  @Audited('order_creation', {
    resource: ({ result }: { result: { id: string } }) => ({ type: 'order', id: result.id }),
  })
  create(@Body() order: { id: string }): { id: string } {
    return order;
  }

  @Get('timeline')
  events(): readonly AuditEvent[] {
    return this.timeline.events;
  }
}

@Module({
  imports: [AuditModule.forRoot()],
  controllers: [OrdersController],
  providers: [OrderTimelineProvider],
})
export class AppModule {}
