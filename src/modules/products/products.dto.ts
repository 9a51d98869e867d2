import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsInt, Matches, Max, Min, ValidateIf } from 'class-validator';
import type { AuditChanges } from '../../audit/index.js';
import { LoggedEvent, type LoggedActor } from '../../http-input/page.dto.js';
import { TextField } from '../../http-input/text-field.js';
import type { ProductEntity } from './product.entity.js';

/** What a product may hold. Prices in cents. */
export const PRODUCT_LIMITS = { priceCents: 100_000_000, sku: 64, stock: 1_000_000_000 } as const;

/** Line breaks and tabs are welcome. */
function Description(): PropertyDecorator {
  const message = 'description must be at most 2000 characters without control characters';
  return Matches(/^(?:[^\p{Cc}\p{Cs}]|[\t\r\n]){0,2000}$/u, { message });
}

/** The price that a product shall have from now on. */
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

  /** Whether it can be ordered at once. */
  @ApiPropertyOptional()
  @IsBoolean()
  readonly active: boolean = true;
}

/** What of a product shall read differently. Its price and its stock have routes of their own; its SKU stays. */
export class ChangeProductDto {
  @ValidateIf(({ name }: ChangeProductDto) => name !== undefined)
  @TextField(200)
  declare readonly name?: string;

  @ValidateIf(({ description }: ChangeProductDto) => description !== undefined)
  @Description()
  declare readonly description?: string;
}

/** The stock as it was counted: what orders have taken so far is no longer in it. */
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

/** Something that happened to a product, or was tried on it. */
export class HistoryItem extends LoggedEvent {
  declare readonly actor: LoggedActor;
  /** What was before and after; `null` when nothing changed. */
  declare readonly changes: AuditChanges | null;
}

/** A product's history, newest first. */
export class ProductHistory {
  declare readonly items: HistoryItem[];
}
