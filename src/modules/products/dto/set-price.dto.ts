import { ApiProperty } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';
import { PRODUCT_LIMITS } from '../product-limits.js';

/** The price that a product shall have from now on. */
export class SetPriceDto {
  /** Price of one piece. */
  @ApiProperty({ type: 'integer', example: 175, minimum: 0, maximum: PRODUCT_LIMITS.priceCents })
  @IsInt()
  @Min(0)
  @Max(PRODUCT_LIMITS.priceCents)
  declare readonly priceCents: number;
}
