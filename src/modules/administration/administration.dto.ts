import {
  IsBoolean,
  IsIn,
  IsOptional,
  IsUUID,
  Matches,
  Validate,
  ValidatorConstraint,
  type ValidatorConstraintInterface,
} from 'class-validator';
import { ROLES, type Role } from '../auth/index.js';

/** What settings and features are called. The tables' constraints say the same. */
function Name(): PropertyDecorator {
  const message = '$property must be 1 to 64 lower-case letters, digits and _ . -, a letter first';
  return Matches(/^[a-z][a-z0-9_.-]{0,63}$/, { message });
}

/** What a setting may be. */
export type SettingValue = string | number | boolean;

/** Neither control characters nor lone surrogates, which PostgreSQL cannot hold; line breaks and tabs may be. */
const TEXT = /^(?:[^\p{Cc}\p{Cs}]|[\n\r\t]){0,4096}$/u;

@ValidatorConstraint({ name: 'isSettingValue' })
class IsSettingValue implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return typeof value === 'boolean' || Number.isFinite(value) || (typeof value === 'string' && TEXT.test(value));
  }

  defaultMessage(): string {
    return 'value must be a boolean, a number, or a text of at most 4096 characters without control characters';
  }
}

/** Which setting. */
export class SettingParams {
  @Name()
  declare readonly key: string;
}

/** What it is to be. */
export class ChangeSettingDto {
  @Validate(IsSettingValue)
  declare readonly value: SettingValue;
}

/** A setting, without its value, which may be a secret: that is for the application alone. */
export class SettingView {
  declare readonly key: string;
  declare readonly updatedAt: Date;
}

/** All settings, by key. */
export class SettingList {
  declare readonly items: SettingView[];
}

/** Which feature. */
export class FeatureParams {
  @Name()
  declare readonly name: string;
}

/** Whether it is to be on. */
export class SwitchFeatureDto {
  @IsBoolean()
  declare readonly enabled: boolean;
}

/** A feature that somebody switched. */
export class FeatureView {
  declare readonly name: string;
  declare readonly enabled: boolean;
}

/** All features that somebody switched, by name. */
export class FeatureList {
  declare readonly items: FeatureView[];
}

/** Whether the application is to be under maintenance. */
export class SwitchMaintenanceDto extends SwitchFeatureDto {
  @IsOptional()
  @Matches(/^[^\p{Cc}\p{Cs}]{1,500}$/u, { message: 'message must be 1 to 500 characters, without control characters' })
  declare readonly message?: string | null;
}

/** Whether the application is under maintenance, and what callers are told meanwhile. */
export class MaintenanceView {
  declare readonly enabled: boolean;
  declare readonly message: string | null;
}

/** Whose role: one that can be given and taken, since `user` is everybody with an account. */
export class UserRoleParams {
  @IsUUID()
  declare readonly id: string;

  @IsIn(ROLES.filter((role) => role !== 'user'))
  declare readonly role: Role;
}

/** All roles of a user. */
export class UserRolesView {
  declare readonly id: string;
  declare readonly roles: Role[];
}
