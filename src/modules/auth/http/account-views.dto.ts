import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ROLES, type Role } from '../access/roles.js';

/** Answer of `POST /auth/register`. */
export class RegisteredUserView {
  @ApiProperty({ format: 'uuid' })
  readonly id: string = '';

  @ApiProperty({ format: 'email' })
  readonly email: string = '';
}

/** Answer of `POST /auth/login/mfa` and `POST /auth/refresh`. */
export class SessionTokensView {
  @ApiProperty({ description: 'A JWT, to be sent as "Authorization: Bearer <access token>". Good for an hour.' })
  readonly accessToken: string = '';

  @ApiProperty({ description: 'For POST /auth/refresh, once.' })
  readonly refreshToken: string = '';
}

/** Answer of `POST /auth/login`: the tokens, or, for accounts with a second factor, a challenge. */
export class LoginView {
  @ApiPropertyOptional({
    description: 'A JWT, to be sent as "Authorization: Bearer <access token>". Good for an hour.',
  })
  readonly accessToken?: string;

  @ApiPropertyOptional({ description: 'For POST /auth/refresh, once.' })
  readonly refreshToken?: string;

  @ApiPropertyOptional({ description: 'A code is needed too: there are no tokens, but a challenge.', enum: [true] })
  readonly mfaRequired?: true;

  @ApiPropertyOptional({ description: 'For POST /auth/login/mfa, within five minutes.' })
  readonly challengeToken?: string;
}

/** Answer of `GET /auth/me`. */
export class CurrentUserView {
  @ApiProperty({ format: 'uuid' })
  readonly id: string = '';

  @ApiProperty({ format: 'email' })
  readonly email: string = '';

  @ApiProperty()
  readonly name: string = '';

  @ApiProperty({ enum: ROLES, isArray: true })
  readonly roles: readonly Role[] = [];
}

/** An account as administrators see it. */
export class UserView extends CurrentUserView {
  @ApiProperty()
  readonly active: boolean = true;

  @ApiProperty()
  readonly emailVerified: boolean = false;

  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly createdAt: string = '';
}

/** Answer of `GET /admin/users`. */
export class UserListView {
  @ApiProperty({ type: [UserView] })
  readonly items: readonly UserView[] = [];
}
