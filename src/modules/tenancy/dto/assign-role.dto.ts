import { ApiProperty } from '@nestjs/swagger';
import { IsUUID, Matches } from 'class-validator';

/** What a role is called. The tables' constraints say the same. */
export const ROLE = /^[a-z][a-z_]{1,31}$/;

/** A user's role in a store. */
export class AssignRoleDto {
  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  declare readonly userId: string;

  @ApiProperty({ example: 'cashier', pattern: ROLE.source })
  @Matches(ROLE, { message: 'role must be 2 to 32 lower-case letters and underscores, a letter first' })
  declare readonly role: string;
}
