import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, Matches, Max, Min, ValidateIf } from 'class-validator';
import { PRODUCT_LIMITS, SKU_PATTERN, type RequestedLine } from '../../products/index.js';
import { ORDER_LIMITS } from '../order-total.js';

/** One line of an order, as a buyer asks for it. */
export class OrderItemDto implements RequestedLine {
  /** A product's, whose price and stock then apply; or any other. */
  @ApiProperty({ example: 'pen-blue', minLength: 1, maxLength: PRODUCT_LIMITS.skuLength })
  @Matches(SKU_PATTERN, {
    message: `sku must be 1 to ${PRODUCT_LIMITS.skuLength} characters without control characters`,
  })
  declare readonly sku: string;

  @ApiProperty({ type: 'integer', example: 3, minimum: 1, maximum: ORDER_LIMITS.quantity })
  @IsInt()
  @Min(1)
  @Max(ORDER_LIMITS.quantity)
  declare readonly quantity: number;

  /** Price of one piece. Must be given where the SKU is not a product's; where it is, the product's price counts instead. */
  @ApiPropertyOptional({ type: 'integer', example: 150, minimum: 0, maximum: PRODUCT_LIMITS.priceCents })
  @ValidateIf(({ unitPriceCents }: OrderItemDto) => unitPriceCents !== undefined)
  @IsInt()
  @Min(0)
  @Max(PRODUCT_LIMITS.priceCents)
  declare readonly unitPriceCents?: number;
}
