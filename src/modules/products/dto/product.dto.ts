import { ApiProperty } from '@nestjs/swagger';

/** A product. */
export class ProductView {
  @ApiProperty({ format: 'uuid' })
  declare readonly id: string;

  @ApiProperty({ example: 'pen-blue' })
  declare readonly sku: string;

  @ApiProperty({ example: 'Blue pen' })
  declare readonly name: string;

  @ApiProperty()
  declare readonly description: string;

  /** Price of one piece. */
  @ApiProperty({ type: 'integer', example: 150 })
  declare readonly priceCents: number;

  /** Pieces that can be ordered. */
  @ApiProperty({ type: 'integer', example: 40 })
  declare readonly stock: number;

  /** Whether it can be ordered. */
  @ApiProperty()
  declare readonly active: boolean;
}

/** Products, newest first. */
export class ProductList {
  @ApiProperty({ type: [ProductView] })
  declare readonly items: readonly Readonly<ProductView>[];
}
