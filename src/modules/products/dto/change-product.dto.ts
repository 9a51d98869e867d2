import { ApiPropertyOptional } from '@nestjs/swagger';
import { Matches, ValidateIf } from 'class-validator';
import { PRODUCT_LIMITS } from '../product-limits.js';
import { DESCRIPTION, DESCRIPTION_MESSAGE, NAME, NAME_MESSAGE } from './product-texts.js';

/** What of a product shall read differently. Its price and its stock have routes of their own; its SKU stays. */
export class ChangeProductDto {
  @ApiPropertyOptional({ type: String, minLength: 1, maxLength: PRODUCT_LIMITS.nameLength })
  @ValidateIf(({ name }: ChangeProductDto) => name !== undefined)
  @Matches(NAME, { message: NAME_MESSAGE })
  declare readonly name?: string;

  @ApiPropertyOptional({ type: String, maxLength: PRODUCT_LIMITS.descriptionLength })
  @ValidateIf(({ description }: ChangeProductDto) => description !== undefined)
  @Matches(DESCRIPTION, { message: DESCRIPTION_MESSAGE })
  declare readonly description?: string;
}
