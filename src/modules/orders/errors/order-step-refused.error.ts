import { ConflictException } from '@nestjs/common';
import { statusesAllowing, type OrderStatus, type OrderStep } from '../order-status.js';

/** The order is in a state in which the step is not allowed. HTTP 409. */
export class OrderStepRefusedError extends ConflictException {
  constructor(id: string, status: OrderStatus, step: OrderStep) {
    super(
      `Cannot ${step} the order ${id}: it is ${status}. ` +
        `Only an order that is ${statusesAllowing(step).join(' or ')} allows it.`,
    );
  }
}
