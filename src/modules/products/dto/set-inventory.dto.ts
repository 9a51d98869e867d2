import { ApiProperty } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';
import { PRODUCT_LIMITS } from '../product-limits.js';

/** The stock as it was counted: what orders have taken so far is no longer in it. */
export class SetInventoryDto {
  @ApiProperty({ type: 'integer', example: 40, minimum: 0, maximum: PRODUCT_LIMITS.stock })
  @IsInt()
  @Min(0)
  @Max(PRODUCT_LIMITS.stock)
  declare readonly stock: number;
}
