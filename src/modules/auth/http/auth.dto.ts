import { ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMinSize, ArrayUnique, IsArray, IsIn, IsOptional, ValidateIf } from 'class-validator';
import { LoggedEvent } from '../../../http-input/page.dto.js';
import { ROLES, type Role } from '../access/authenticated-user.js';
import { EmailField, NameField, NewPasswordField, PasswordField, SecretField } from './fields.js';

/** An e-mail address and its account's password. */
export class CredentialsDto {
  @EmailField()
  declare readonly email: string;

  @PasswordField()
  declare readonly password: string;
}

/** The answer to a challenge. */
export class MfaLoginDto {
  /** The challenge token of POST /auth/login. */
  @SecretField()
  declare readonly challengeToken: string;

  /** Six digits of the authenticator, or a recovery code. */
  @SecretField()
  declare readonly code: string;
}

/** The refresh token of the last login or refresh. */
export class RefreshDto {
  @SecretField()
  declare readonly refreshToken: string;
}

/** A name. */
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

/** A new password, with the old one. */
export class PasswordChangeDto {
  @PasswordField()
  declare readonly currentPassword: string;

  @NewPasswordField()
  declare readonly newPassword: string;
}

/** The account with the forgotten password. */
export class PasswordResetDto {
  @EmailField()
  declare readonly email: string;
}

/** The token of a mail. */
export class MailTokenDto {
  @SecretField()
  declare readonly token: string;
}

/** The token of a mail, and the new password. */
export class PasswordResetConfirmationDto extends MailTokenDto {
  @NewPasswordField()
  declare readonly newPassword: string;
}

/** The account's password. */
export class PasswordDto {
  @PasswordField()
  declare readonly password: string;
}

/** Six digits of the authenticator. */
export class CodeDto {
  @SecretField()
  declare readonly code: string;
}

/** The password, and six digits of the authenticator or a recovery code. */
export class MfaDisableDto extends CodeDto {
  @PasswordField()
  declare readonly password: string;
}

/** An account that an administrator makes. Its owner must change the password first. */
export class UserCreationDto extends RegistrationDto {
  @ApiPropertyOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(ROLES, { each: true })
  readonly roles: Role[] = ['user'];
}

/** Changes to an account by an administrator. */
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

/** The tokens of a session. */
export class SessionTokensView {
  /** A JWT, to be sent as "Authorization: Bearer <access token>". Valid for an hour. */
  declare readonly accessToken: string;
  /** For POST /auth/refresh, once. */
  declare readonly refreshToken: string;
}

/** The tokens, or, for accounts with a second factor, a challenge. */
export class LoginView {
  declare readonly accessToken?: string;
  declare readonly refreshToken?: string;
  /** Set if a code is needed as well: the response then has a challenge instead of tokens. */
  declare readonly mfaRequired?: true;
  /** For POST /auth/login/mfa, within five minutes. */
  declare readonly challengeToken?: string;
}

/** The account of the caller. */
export class CurrentUserView extends RegisteredUserView {
  declare readonly name: string;
  declare readonly roles: Role[];
}

/** An account in the form for administrators. */
export class UserView extends CurrentUserView {
  declare readonly active: boolean;
  declare readonly emailVerified: boolean;
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
  declare readonly expiresAt: Date;
  /** The address that opened the session. */
  declare readonly ip: string | null;
  declare readonly userAgent: string | null;
}

/** Open sessions, newest first. */
export class SessionListView {
  declare readonly items: SessionView[];
}

/** The secret for an authenticator. Shown only now. */
export class MfaSetupView {
  /** Base32. */
  declare readonly secret: string;
  /** The secret in the form for a QR code. */
  declare readonly otpauthUri: string;
}

/** One-time codes that replace those of the authenticator. Shown only now. */
export class RecoveryCodesView {
  declare readonly recoveryCodes: string[];
}

/** An API key. */
export class ApiKeyView {
  declare readonly id: string;
  declare readonly name: string;
  declare readonly createdAt: Date;
  /** The time of the last use, to the minute. */
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
  /** To be sent as "x-api-key: <key>". Shown only now. */
  declare readonly key: string;
}

/** One line of the security log. */
export class SecurityLogItemView extends LoggedEvent {
  declare readonly ip: string | null;
  declare readonly userAgent: string | null;
}

/** The events of an account, newest first. */
export class SecurityLogView {
  declare readonly items: SecurityLogItemView[];
}

/** The form of an export. */
export class ExportDto {
  @IsOptional()
  @IsIn(['json'])
  declare readonly format?: 'json';
}

/** All data that the application stores about the caller. */
export class ExportView {
  declare readonly userId: string;
  declare readonly exportedAt: Date;
  /** The data of each feature of the application. */
  declare readonly sections: Readonly<Record<string, unknown>>;
}
