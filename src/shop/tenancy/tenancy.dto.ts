import { ArrayMaxSize, ArrayUnique, IsArray, IsUUID, Matches } from 'class-validator';
import type { JsonObject } from '../../audit/index.js';
import { TextField } from '../http-input/text-field.js';
import type { MemberEntity, StoreEntity, StoreRoleEntity } from './tenancy.entities.js';

/** The database tables have the same constraint on the names of roles. */
function RoleName(): PropertyDecorator {
  const message = 'role must be 2 to 32 lower-case letters and underscores, a letter first';
  return Matches(/^[a-z][a-z_]{1,31}$/, { message });
}

/** A new store. */
export class CreateStoreDto {
  @TextField(100)
  declare readonly name: string;
}

/** A user's role in a store. */
export class AssignRoleDto {
  @IsUUID()
  declare readonly userId: string;

  @RoleName()
  declare readonly role: string;
}

/** A role of a store. */
export class StoreRoleParams {
  @IsUUID()
  declare readonly id: string;

  @RoleName()
  declare readonly role: string;
}

/** All permissions that a role gets. */
export class SetPermissionsDto {
  @IsArray()
  @ArrayMaxSize(100)
  @ArrayUnique()
  @Matches(/^[a-z][a-z_]{0,31}[:_][a-z][a-z_]{0,31}$/, {
    each: true,
    message: 'each permission must be of the form orders:refund or read_audit_log',
  })
  declare readonly permissions: string[];
}

/** All stores, oldest first. */
export class StoreList {
  declare readonly items: StoreEntity[];
}

/** The members of a store, sorted by the id of the user. */
export class MemberList {
  declare readonly items: MemberEntity[];
}

/** Those roles of a store that have any permission, sorted by name. */
export class StoreRoleList {
  declare readonly items: StoreRoleEntity[];
}

/** An action of an administrator, or a failed attempt. */
export class AdminLogItem {
  /** The event's id. */
  declare readonly id: string;
  declare readonly occurredAt: Date;
  /** The administrator who acted. If the outcome is `denied`, the user who tried to act. */
  declare readonly adminUserId: string;
  declare readonly action: string;
  declare readonly outcome: string;
  declare readonly targetType: string | null;
  declare readonly targetId: string | null;
  declare readonly details: JsonObject;
  declare readonly ipAddress: string | null;
  declare readonly userAgent: string | null;
  declare readonly requestId: string | null;
}

/** The administrators' log, newest first. */
export class AdminLog {
  declare readonly items: AdminLogItem[];
}
