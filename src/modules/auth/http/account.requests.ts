import { EmailField, NameField, NewPasswordField, PasswordField, SecretField } from './fields.js';

/** Body of `PATCH /auth/me`. */
export class ProfileRequest {
  @NameField('Ada Lovelace')
  readonly name: string = '';
}

/** Body of `POST /auth/me/password`. */
export class PasswordChangeRequest {
  @PasswordField()
  readonly currentPassword: string = '';

  @NewPasswordField()
  readonly newPassword: string = '';
}

/** Body of `POST /auth/password-reset`. */
export class PasswordResetRequest {
  @EmailField()
  readonly email: string = '';
}

/** Body of `POST /auth/password-reset/confirm`. */
export class PasswordResetConfirmation {
  @SecretField('The token of the mail.')
  readonly token: string = '';

  @NewPasswordField()
  readonly newPassword: string = '';
}

/** Body of `POST /auth/me/email`. */
export class EmailChangeRequest {
  @EmailField()
  readonly email: string = '';

  @PasswordField()
  readonly password: string = '';
}

/** Body of the routes that take the token of a mail. */
export class MailTokenRequest {
  @SecretField('The token of the mail.')
  readonly token: string = '';
}

/** Body of `POST /auth/me/mfa`. */
export class MfaSetupRequest {
  @PasswordField()
  readonly password: string = '';
}

/** Body of `POST /auth/me/mfa/confirm`. */
export class MfaConfirmation {
  @SecretField('Six digits of the authenticator.')
  readonly code: string = '';
}

/** Body of `POST /auth/me/mfa/disable`. */
export class MfaDisableRequest {
  @PasswordField()
  readonly password: string = '';

  @SecretField('Six digits of the authenticator, or a recovery code.')
  readonly code: string = '';
}

/** Body of `POST /auth/me/api-keys`. */
export class ApiKeyRequest {
  @NameField('Nightly import')
  readonly name: string = '';
}
