import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsUUID } from 'class-validator';
import { ChangeOrderDto } from './change-order.dto.js';

/** A new order. */
export class PlaceOrderDto extends ChangeOrderDto {
  /** The store that it is placed in; the caller must be a member. */
  @ApiPropertyOptional({ type: String, format: 'uuid', nullable: true })
  @IsOptional()
  @IsUUID()
  declare readonly storeId?: string | null;
}
