import { ApiProperty } from '@nestjs/swagger';
import { ROLES, type Role } from '../access/roles.js';

/** Answer of `POST /auth/register`. */
export class RegisteredUserView {
  @ApiProperty({ format: 'uuid' })
  readonly id: string = '';

  @ApiProperty({ format: 'email' })
  readonly email: string = '';
}

/** Answer of `POST /auth/login`. */
export class AccessTokenView {
  @ApiProperty({ description: 'A JWT, to be sent as "Authorization: Bearer <access token>".' })
  readonly accessToken: string = '';
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
