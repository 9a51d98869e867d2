import { EmailField, NameField, NewPasswordField, PasswordField, SecretField } from './fields.js';

/** Body of `POST /auth/login`. */
export class LoginDto {
  @EmailField()
  readonly email: string = '';

  @PasswordField()
  readonly password: string = '';
}

/** Body of `POST /auth/login/mfa`. */
export class MfaLoginDto {
  @SecretField('What POST /auth/login answered with.')
  readonly challengeToken: string = '';

  @SecretField('Six digits of the authenticator, or a recovery code.')
  readonly code: string = '';
}

/** Body of `POST /auth/refresh`. */
export class RefreshDto {
  @SecretField('The refresh token of the last login or refresh.')
  readonly refreshToken: string = '';
}

/** Body of `POST /auth/register`. */
export class RegistrationDto {
  @EmailField()
  readonly email: string = '';

  @NewPasswordField()
  readonly password: string = '';

  @NameField('Ada Lovelace')
  readonly name: string = '';
}
