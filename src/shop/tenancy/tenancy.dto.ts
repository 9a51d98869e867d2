import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayUnique, IsArray, Matches } from 'class-validator';
import { IdField, TextField } from '../http-input/fields.js';

/** The database tables have the same constraint on the names of roles. */
const ROLE = /^[a-z][a-z_]{1,31}$/;
const WRONG_ROLE = { message: 'role must be 2 to 32 lower-case letters and underscores, a letter first' };

/** A new store. */
export class CreateStoreDto {
  @TextField(100)
  declare readonly name: string;
}

/** A user's role in a store. */
export class AssignRoleDto {
  @IdField()
  declare readonly userId: string;

  @ApiProperty({ type: String })
  @Matches(ROLE, WRONG_ROLE)
  declare readonly role: string;
}

/** A role of a store. */
export class StoreRoleParams {
  @IdField()
  declare readonly id: string;

  @ApiProperty({ type: String })
  @Matches(ROLE, WRONG_ROLE)
  declare readonly role: string;
}

/** All permissions that a role gets. */
export class SetPermissionsDto {
  @ApiProperty({ type: [String] })
  @IsArray()
  @ArrayMaxSize(100)
  @ArrayUnique()
  @Matches(/^[a-z][a-z_]{0,31}[:_][a-z][a-z_]{0,31}$/, {
    each: true,
    message: 'each permission must be of the form orders:refund or read_audit_log',
  })
  declare readonly permissions: string[];
}
