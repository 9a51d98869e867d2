import { ArrayMinSize, ArrayUnique, IsArray, IsBoolean, IsIn } from 'class-validator';
import { EmailField, NewPasswordField, Optional, PasswordField, TextField } from '../http-input/fields.js';
import { ROLES, type Role } from './user.entity.js';

/** The account's password. */
export class PasswordDto {
  @PasswordField()
  declare readonly password: string;
}

/** The e-mail address and the password of an account. */
export class CredentialsDto extends PasswordDto {
  @EmailField()
  declare readonly email: string;
}

/** The name of an API key. */
export class NameDto {
  @TextField(200)
  declare readonly name: string;
}

/** A new account. */
export class RegistrationDto extends NameDto {
  @EmailField()
  declare readonly email: string;

  @NewPasswordField()
  declare readonly password: string;
}

/** The properties of an account that an administrator can change. */
export class UserUpdateDto {
  @Optional()
  @TextField(200)
  declare readonly name?: string;

  @Optional({ enum: ROLES, isArray: true })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(ROLES, { each: true })
  declare readonly roles?: Role[];

  /** Whether the owner can log in. */
  @Optional({ type: Boolean })
  @IsBoolean()
  declare readonly active?: boolean;
}

/** The format of the export. */
export class ExportDto {
  @Optional({ enum: ['json'] })
  @IsIn(['json'])
  declare readonly format?: 'json';
}
