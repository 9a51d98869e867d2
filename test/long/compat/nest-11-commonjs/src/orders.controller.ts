import { Body, Controller, Post } from '@nestjs/common';
import { Audited } from 'nestjs-audit-ledger';

interface Order {
  readonly id: string;
}

@Controller('orders')
export class OrdersController {
  @Post()
  @Audited('order_creation', { resource: ({ result }: { result: Order }) => ({ type: 'order', id: result.id }) })
  create(@Body() order: Order): Order {
    return order;
  }
}
