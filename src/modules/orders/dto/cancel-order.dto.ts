import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';

/** Somebody's own words. Line breaks and tabs are welcome; other control characters and lone surrogates are not. */
export const REASON = /^(?:[^\p{Cc}\p{Cs}]|[\t\r\n]){1,500}$/u;
export const REASON_MESSAGE = 'reason must be 1 to 500 characters without control characters';

/** Why an order is canceled. */
export class CancelOrderDto {
  @ApiProperty({ example: 'ordered by mistake', minLength: 1, maxLength: 500 })
  @Matches(REASON, { message: REASON_MESSAGE })
  declare readonly reason: string;
}
