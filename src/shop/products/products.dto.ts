import { ApiPropertyOptional } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { Optional, TextField, WholeNumber } from '../http-input/fields.js';

function Description(): PropertyDecorator {
  const message = 'description must be at most 2000 characters without control characters';
  return Matches(/^(?:[^\p{Cc}\p{Cs}]|[\t\r\n]){0,2000}$/u, { message });
}

/** The new price of a product, in cents. */
export class SetPriceDto {
  @WholeNumber(0, 100_000_000)
  declare readonly priceCents: number;
}

/** A new product. */
export class CreateProductDto extends SetPriceDto {
  @TextField(64)
  declare readonly sku: string;

  @TextField(200)
  declare readonly name: string;

  @ApiPropertyOptional({ type: String })
  @Description()
  readonly description: string = '';

  @Optional()
  @WholeNumber(0, 1_000_000_000)
  readonly stock: number = 0;
}

/** The new name and description of a product. Price and stock have their own routes, and the SKU never changes. */
export class ChangeProductDto {
  @Optional()
  @TextField(200)
  declare readonly name?: string;

  @Optional({ type: String })
  @Description()
  declare readonly description?: string;
}

/** The number of pieces that were counted. */
export class SetInventoryDto {
  @WholeNumber(0, 1_000_000_000)
  declare readonly stock: number;
}
