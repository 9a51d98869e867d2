import { ApiProperty } from '@nestjs/swagger';

/** A store. */
export class StoreView {
  @ApiProperty({ format: 'uuid' })
  declare readonly id: string;

  @ApiProperty({ example: 'Corner shop' })
  declare readonly name: string;
}

/** All stores, oldest first. */
export class StoreList {
  @ApiProperty({ type: [StoreView] })
  declare readonly items: readonly Readonly<StoreView>[];
}

/** A member of a store. */
export class MemberView {
  @ApiProperty({ format: 'uuid' })
  declare readonly storeId: string;

  @ApiProperty({ format: 'uuid' })
  declare readonly userId: string;

  @ApiProperty({ example: 'cashier' })
  declare readonly role: string;
}

/** The members of a store, by the id of the user. */
export class MemberList {
  @ApiProperty({ type: [MemberView] })
  declare readonly items: readonly Readonly<MemberView>[];
}
