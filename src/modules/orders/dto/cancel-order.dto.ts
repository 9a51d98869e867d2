import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { REASON, REASON_MESSAGE } from './reason.js';

/** Why an order is canceled. */
export class CancelOrderDto {
  @ApiProperty({ example: 'ordered by mistake', minLength: 1, maxLength: 500 })
  @Matches(REASON, { message: REASON_MESSAGE })
  declare readonly reason: string;
}
