import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayUnique, IsArray, IsUUID, Matches } from 'class-validator';
import { ROLE } from '../dto/assign-role.dto.js';

const PERMISSION = /^[a-z][a-z_]{0,31}[:_][a-z][a-z_]{0,31}$/;

/** Which role of which store. */
export class StoreRoleParams {
  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  declare readonly id: string;

  @ApiProperty({ example: 'cashier', pattern: ROLE.source })
  @Matches(ROLE, { message: 'role must be 2 to 32 lower-case letters and underscores, a letter first' })
  declare readonly role: string;
}

/** All that a role may do. */
export class SetPermissionsDto {
  @ApiProperty({ type: [String], example: ['orders:read', 'orders:refund'], maxItems: 100 })
  @IsArray()
  @ArrayMaxSize(100)
  @ArrayUnique()
  @Matches(PERMISSION, { each: true, message: 'each permission must be of the form orders:refund or read_audit_log' })
  declare readonly permissions: readonly string[];
}

/** A role of a store, and what it may do. */
export class StoreRoleView {
  @ApiProperty({ format: 'uuid' })
  declare readonly storeId: string;

  @ApiProperty({ example: 'cashier' })
  declare readonly role: string;

  @ApiProperty({ type: [String], example: ['orders:read', 'orders:refund'] })
  declare readonly permissions: readonly string[];
}

/** The roles of a store that may do something, by name. */
export class StoreRoleList {
  @ApiProperty({ type: [StoreRoleView] })
  declare readonly items: readonly Readonly<StoreRoleView>[];
}
