import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsInt, Matches, Max, Min, ValidateIf } from 'class-validator';
import type { AuditChanges } from '../../audit/index.js';
import { LoggedEvent, type LoggedActor } from '../http-input/page.dto.js';
import { TextField } from '../http-input/text-field.js';
import type { ProductEntity } from './product.entity.js';

/** The limits of a product. The price is in cents. */
export const PRODUCT_LIMITS = { priceCents: 100_000_000, sku: 64, stock: 1_000_000_000 } as const;

function Description(): PropertyDecorator {
  const message = 'description must be at most 2000 characters without control characters';
  return Matches(/^(?:[^\p{Cc}\p{Cs}]|[\t\r\n]){0,2000}$/u, { message });
}

/** The new price of a product. */
export class SetPriceDto {
  /** Price of one piece. */
  @IsInt()
  @Min(0)
  @Max(PRODUCT_LIMITS.priceCents)
  declare readonly priceCents: number;
}

/** A new product. */
export class CreateProductDto extends SetPriceDto {
  @TextField(PRODUCT_LIMITS.sku)
  declare readonly sku: string;

  @TextField(200)
  declare readonly name: string;

  @ApiPropertyOptional()
  @Description()
  readonly description: string = '';

  @ApiPropertyOptional()
  @IsInt()
  @Min(0)
  @Max(PRODUCT_LIMITS.stock)
  readonly stock: number = 0;

  /** Whether the product can be ordered. */
  @ApiPropertyOptional()
  @IsBoolean()
  readonly active: boolean = true;
}

/** The new name and description of a product. Price and stock have their own routes, and the SKU never changes. */
export class ChangeProductDto {
  @ValidateIf(({ name }: ChangeProductDto) => name !== undefined)
  @TextField(200)
  declare readonly name?: string;

  @ValidateIf(({ description }: ChangeProductDto) => description !== undefined)
  @Description()
  declare readonly description?: string;
}

/** The number of pieces that were counted. Pieces in existing orders are not included. */
export class SetInventoryDto {
  @IsInt()
  @Min(0)
  @Max(PRODUCT_LIMITS.stock)
  declare readonly stock: number;
}

/** Products, newest first. */
export class ProductList {
  declare readonly items: ProductEntity[];
}

/** An event of a product, or a failed attempt to change the product. */
export class HistoryItem extends LoggedEvent {
  declare readonly actor: LoggedActor;
  /** The values before and after the change; `null` if nothing changed. */
  declare readonly changes: AuditChanges | null;
}

/** A product's history, newest first. */
export class ProductHistory {
  declare readonly items: HistoryItem[];
}
