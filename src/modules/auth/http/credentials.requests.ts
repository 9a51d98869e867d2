import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsEmail, IsString, Length, Matches, MaxLength, MinLength } from 'class-validator';
import { normalizeEmail } from '../accounts/normalize-email.js';

/** Anything but control characters, which PostgreSQL or a log would choke on. */
const PRINTABLE = /^[^\p{Cc}\p{Cs}]*$/u;

function changeText(change: (text: string) => string): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? change(value) : value));
}

/** Body of `POST /auth/login`. */
export class LoginRequest {
  @ApiProperty({ format: 'email', example: 'ada@example.com' })
  @changeText(normalizeEmail)
  @IsEmail()
  readonly email: string = '';

  @ApiProperty({ format: 'password', maxLength: 1_024 })
  @IsString()
  @MinLength(1)
  @MaxLength(1_024)
  readonly password: string = '';
}

/** Body of `POST /auth/register`. */
export class RegistrationRequest {
  @ApiProperty({ format: 'email', example: 'ada@example.com', description: 'Upper and lower case are the same.' })
  @changeText(normalizeEmail)
  @IsEmail()
  readonly email: string = '';

  @ApiProperty({ format: 'password', minLength: 8, maxLength: 128 })
  @IsString()
  @Length(8, 128)
  readonly password: string = '';

  @ApiProperty({ minLength: 1, maxLength: 200, example: 'Ada Lovelace' })
  @changeText((name) => name.trim())
  @IsString()
  @Length(1, 200)
  @Matches(PRINTABLE, { message: 'name must not contain control characters' })
  readonly name: string = '';
}
