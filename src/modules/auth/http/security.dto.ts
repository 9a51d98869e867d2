import { ApiProperty } from '@nestjs/swagger';

/** An open session. */
export class SessionView {
  @ApiProperty({ format: 'uuid' })
  readonly id: string = '';

  @ApiProperty({ description: 'Whether this request belongs to it.' })
  readonly current: boolean = false;

  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly createdAt: string = '';

  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly expiresAt: string = '';

  @ApiProperty({ type: 'string', nullable: true, description: 'Where it was opened.' })
  readonly ip: string | null = null;

  @ApiProperty({ type: 'string', nullable: true })
  readonly userAgent: string | null = null;
}

/** Answer of `GET /auth/sessions`. */
export class SessionListView {
  @ApiProperty({ type: [SessionView] })
  readonly items: readonly SessionView[] = [];
}

/** Answer of `DELETE /auth/sessions`. */
export class RevokedSessionsView {
  @ApiProperty({ type: 'integer' })
  readonly revoked: number = 0;
}

/** Answer of `POST /auth/me/mfa`. */
export class MfaSetupView {
  @ApiProperty({ description: 'Base32, for the authenticator. Shown only now.' })
  readonly secret: string = '';

  @ApiProperty({ description: 'The same, for a QR code.' })
  readonly otpauthUri: string = '';
}

/** Answer of `POST /auth/me/mfa/confirm`. */
export class RecoveryCodesView {
  @ApiProperty({ type: [String], description: 'Each good once, in place of a code. Shown only now.' })
  readonly recoveryCodes: readonly string[] = [];
}

/** An API key. */
export class ApiKeyView {
  @ApiProperty({ format: 'uuid' })
  readonly id: string = '';

  @ApiProperty()
  readonly name: string = '';

  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly createdAt: string = '';

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, description: 'To the minute.' })
  readonly lastUsedAt: string | null = null;
}

/** Answer of `GET /auth/me/api-keys`. */
export class ApiKeyListView {
  @ApiProperty({ type: [ApiKeyView] })
  readonly items: readonly ApiKeyView[] = [];
}

/** Answer of `POST /auth/me/api-keys`. */
export class CreatedApiKeyView {
  @ApiProperty({ format: 'uuid' })
  readonly id: string = '';

  @ApiProperty()
  readonly name: string = '';

  @ApiProperty({ description: 'To be sent as "x-api-key: <key>". Shown only now.' })
  readonly key: string = '';
}
