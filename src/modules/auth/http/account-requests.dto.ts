import { EmailField, NameField, NewPasswordField, PasswordField, SecretField } from './fields.js';

/** Body of `PATCH /auth/me`. */
export class ProfileDto {
  @NameField('Ada Lovelace')
  readonly name: string = '';
}

/** Body of `POST /auth/me/password`. */
export class PasswordChangeDto {
  @PasswordField()
  readonly currentPassword: string = '';

  @NewPasswordField()
  readonly newPassword: string = '';
}

/** Body of `POST /auth/password-reset`. */
export class PasswordResetDto {
  @EmailField()
  readonly email: string = '';
}

/** Body of `POST /auth/password-reset/confirm`. */
export class PasswordResetConfirmationDto {
  @SecretField('The token of the mail.')
  readonly token: string = '';

  @NewPasswordField()
  readonly newPassword: string = '';
}

/** Body of `POST /auth/me/email`. */
export class EmailChangeDto {
  @EmailField()
  readonly email: string = '';

  @PasswordField()
  readonly password: string = '';
}

/** Body of the routes that take the token of a mail. */
export class MailTokenDto {
  @SecretField('The token of the mail.')
  readonly token: string = '';
}

/** Body of `POST /auth/me/mfa`. */
export class MfaSetupDto {
  @PasswordField()
  readonly password: string = '';
}

/** Body of `POST /auth/me/mfa/confirm`. */
export class MfaConfirmationDto {
  @SecretField('Six digits of the authenticator.')
  readonly code: string = '';
}

/** Body of `POST /auth/me/mfa/disable`. */
export class MfaDisableDto {
  @PasswordField()
  readonly password: string = '';

  @SecretField('Six digits of the authenticator, or a recovery code.')
  readonly code: string = '';
}

/** Body of `POST /auth/me/api-keys`. */
export class ApiKeyDto {
  @NameField('Nightly import')
  readonly name: string = '';
}
