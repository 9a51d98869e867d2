import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, Matches, Max, Min, ValidateIf } from 'class-validator';
import { REASON, REASON_MESSAGE } from '../dto/cancel-order.dto.js';

/** What shall be given back of a payment. */
export class RefundPaymentDto {
  /** Everything that is left, when it is not given. */
  @ApiPropertyOptional({ type: 'integer', example: 150, minimum: 1 })
  @ValidateIf(({ amountCents }: RefundPaymentDto) => amountCents !== undefined)
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  declare readonly amountCents?: number;

  @ApiPropertyOptional({ type: String, example: 'arrived broken', minLength: 1, maxLength: 500 })
  @ValidateIf(({ reason }: RefundPaymentDto) => reason !== undefined)
  @Matches(REASON, { message: REASON_MESSAGE })
  declare readonly reason?: string;
}
