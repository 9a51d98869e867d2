import { ApiProperty } from '@nestjs/swagger';
import { IsInt, Matches, Max, Min } from 'class-validator';
import { ORDER_LIMITS, type OrderLine } from '../order-total.js';

/** Without control characters and lone surrogates, which PostgreSQL's text cannot hold. Counted in code points, as there. */
const SKU = new RegExp(`^[^\\p{Cc}\\p{Cs}]{1,${ORDER_LIMITS.skuLength}}$`, 'u');

/** One line of an order, as given and as shown. */
export class OrderItemDto implements OrderLine {
  @ApiProperty({ example: 'pen-blue', minLength: 1, maxLength: ORDER_LIMITS.skuLength })
  @Matches(SKU, { message: `sku must be 1 to ${ORDER_LIMITS.skuLength} characters without control characters` })
  declare readonly sku: string;

  @ApiProperty({ type: 'integer', example: 3, minimum: 1, maximum: ORDER_LIMITS.quantity })
  @IsInt()
  @Min(1)
  @Max(ORDER_LIMITS.quantity)
  declare readonly quantity: number;

  @ApiProperty({ type: 'integer', example: 150, minimum: 0, maximum: ORDER_LIMITS.unitPriceCents })
  @IsInt()
  @Min(0)
  @Max(ORDER_LIMITS.unitPriceCents)
  declare readonly unitPriceCents: number;
}
