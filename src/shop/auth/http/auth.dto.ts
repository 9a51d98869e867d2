import { ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMinSize, ArrayUnique, IsArray, IsIn, IsOptional, ValidateIf } from 'class-validator';
import { LoggedEvent } from '../../http-input/page.dto.js';
import { ROLES, type Role } from '../access/authenticated-user.js';
import { EmailField, NameField, NewPasswordField, PasswordField } from './fields.js';

/** The e-mail address and the password of an account. */
export class CredentialsDto {
  @EmailField()
  declare readonly email: string;

  @PasswordField()
  declare readonly password: string;
}

/** The name of a person. */
export class NameDto {
  @NameField()
  declare readonly name: string;
}

/** A new account. */
export class RegistrationDto extends NameDto {
  @EmailField()
  declare readonly email: string;

  @NewPasswordField()
  declare readonly password: string;
}

/** The account's password. */
export class PasswordDto {
  @PasswordField()
  declare readonly password: string;
}

/** An account that an administrator makes. */
export class UserCreationDto extends RegistrationDto {
  @ApiPropertyOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(ROLES, { each: true })
  readonly roles: Role[] = ['user'];
}

/** The properties of an account that an administrator can change. */
export class UserUpdateDto {
  @NameField()
  @ValidateIf((_, value) => value !== undefined)
  declare readonly name?: string;

  @ValidateIf((_, value) => value !== undefined)
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(ROLES, { each: true })
  declare readonly roles?: Role[];
}

/** A new account. */
export class RegisteredUserView {
  declare readonly id: string;
  declare readonly email: string;
}

/** The token of a new session. */
export class LoginView {
  /** A JWT, to be sent as "Authorization: Bearer <access token>". Valid as long as the session. */
  declare readonly accessToken: string;
}

/** The account of the caller. */
export class CurrentUserView extends RegisteredUserView {
  declare readonly name: string;
  declare readonly roles: Role[];
}

/** An account as administrators see it. */
export class UserView extends CurrentUserView {
  declare readonly active: boolean;
  declare readonly createdAt: Date;
}

/** Accounts, newest first. */
export class UserListView {
  declare readonly items: UserView[];
}

/** An open session. */
export class SessionView {
  declare readonly id: string;
  /** Whether this request belongs to the session. */
  declare readonly current: boolean;
  declare readonly createdAt: Date;
  /** The network address from which the session was opened. */
  declare readonly ip: string | null;
  declare readonly userAgent: string | null;
}

/** Open sessions, newest first. */
export class SessionListView {
  declare readonly items: SessionView[];
}

/** An API key. */
export class ApiKeyView {
  declare readonly id: string;
  declare readonly name: string;
  declare readonly createdAt: Date;
  /** When the key was last used, exact to the minute. */
  declare readonly lastUsedAt: Date | null;
}

/** API keys, newest first. */
export class ApiKeyListView {
  declare readonly items: ApiKeyView[];
}

/** A new API key. */
export class CreatedApiKeyView {
  declare readonly id: string;
  declare readonly name: string;
  /** To be sent as "x-api-key: <key>". Only this response shows the key. */
  declare readonly key: string;
}

/** One entry of the security log. */
export class SecurityLogItemView extends LoggedEvent {
  declare readonly ip: string | null;
  declare readonly userAgent: string | null;
}

/** The events of an account, newest first. */
export class SecurityLogView {
  declare readonly items: SecurityLogItemView[];
}

/** The format of the export. */
export class ExportDto {
  @IsOptional()
  @IsIn(['json'])
  declare readonly format?: 'json';
}

/** All data that the application stores about the caller. */
export class ExportView {
  declare readonly userId: string;
  declare readonly exportedAt: Date;
  /** The data of each feature, by the feature's section name. */
  declare readonly sections: Readonly<Record<string, unknown>>;
}
