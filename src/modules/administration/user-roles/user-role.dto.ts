import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsUUID } from 'class-validator';
import { ROLES, type Role } from '../../auth/index.js';

/** The roles that can be given and taken: `user` is everybody with an account. */
const GRANTABLE_ROLES = ROLES.filter((role) => role !== 'user');

/** Whose role. */
export class UserRoleParams {
  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  declare readonly id: string;

  @ApiProperty({ enum: GRANTABLE_ROLES })
  @IsIn(GRANTABLE_ROLES)
  declare readonly role: Role;
}

/** All roles of a user. */
export class UserRolesView {
  @ApiProperty({ format: 'uuid' })
  declare readonly id: string;

  @ApiProperty({ enum: ROLES, isArray: true })
  declare readonly roles: readonly Role[];
}
