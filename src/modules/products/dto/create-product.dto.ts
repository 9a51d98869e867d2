import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsInt, Matches, Max, Min } from 'class-validator';
import { PRODUCT_LIMITS, SKU_PATTERN } from '../product-limits.js';
import { DESCRIPTION, DESCRIPTION_MESSAGE, NAME, NAME_MESSAGE } from './product-texts.js';

/** A new product. */
export class CreateProductDto {
  @ApiProperty({ example: 'pen-blue', minLength: 1, maxLength: PRODUCT_LIMITS.skuLength })
  @Matches(SKU_PATTERN, {
    message: `sku must be 1 to ${PRODUCT_LIMITS.skuLength} characters without control characters`,
  })
  declare readonly sku: string;

  @ApiProperty({ example: 'Blue pen', minLength: 1, maxLength: PRODUCT_LIMITS.nameLength })
  @Matches(NAME, { message: NAME_MESSAGE })
  declare readonly name: string;

  @ApiPropertyOptional({ type: String, maxLength: PRODUCT_LIMITS.descriptionLength, default: '' })
  @Matches(DESCRIPTION, { message: DESCRIPTION_MESSAGE })
  readonly description: string = '';

  /** Price of one piece. */
  @ApiProperty({ type: 'integer', example: 150, minimum: 0, maximum: PRODUCT_LIMITS.priceCents })
  @IsInt()
  @Min(0)
  @Max(PRODUCT_LIMITS.priceCents)
  declare readonly priceCents: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: PRODUCT_LIMITS.stock, default: 0 })
  @IsInt()
  @Min(0)
  @Max(PRODUCT_LIMITS.stock)
  readonly stock: number = 0;

  /** Whether it can be ordered at once. */
  @ApiPropertyOptional({ type: Boolean, default: true })
  @IsBoolean()
  readonly active: boolean = true;
}
