import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsObject, ValidateNested } from 'class-validator';
import { ORDER_LIMITS } from '../order-total.js';
import { OrderItemDto } from './order-item.dto.js';

/** The items that an order shall have from now on. */
export class ChangeOrderDto {
  @ApiProperty({ type: [OrderItemDto], minItems: 1, maxItems: ORDER_LIMITS.items })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(ORDER_LIMITS.items)
  // A list is not an object here; ValidateNested alone would take one, and check what is in it instead.
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => OrderItemDto)
  declare readonly items: readonly OrderItemDto[];
}
