import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';

/** Line breaks and tabs are welcome; other control characters and lone surrogates are not. */
const REASON = /^(?:[^\p{Cc}\p{Cs}]|[\t\r\n]){1,500}$/u;

/** Why an order is canceled. */
export class CancelOrderDto {
  @ApiProperty({ example: 'ordered by mistake', minLength: 1, maxLength: 500 })
  @Matches(REASON, { message: 'reason must be 1 to 500 characters without control characters' })
  declare readonly reason: string;
}
