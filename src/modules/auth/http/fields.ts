import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsEmail, IsString, Length, Matches, MaxLength, MinLength } from 'class-validator';
import { normalizeEmail } from '../accounts/user.entity.js';

/** Anything but control characters, which PostgreSQL or a log would choke on. */
const PRINTABLE = /^[^\p{Cc}\p{Cs}]*$/u;

function changeText(change: (text: string) => string): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? change(value) : value));
}

/** A field of a body: an e-mail address, in the one spelling by which its account is found. */
export function EmailField(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ format: 'email', example: 'ada@example.com', description: 'Upper and lower case are the same.' }),
    changeText(normalizeEmail),
    IsEmail(),
  );
}

/** A field of a body: a password that is to be compared with the account's. */
export function PasswordField(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ format: 'password', maxLength: 1_024 }),
    IsString(),
    MinLength(1),
    MaxLength(1_024),
  );
}

/** A field of a body: a password to be set. */
export function NewPasswordField(): PropertyDecorator {
  return applyDecorators(ApiProperty({ format: 'password', minLength: 8, maxLength: 128 }), IsString(), Length(8, 128));
}

/** A field of a body: a name of somebody or something. */
export function NameField(example: string): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ minLength: 1, maxLength: 200, example }),
    changeText((name) => name.trim()),
    IsString(),
    Length(1, 200),
    Matches(PRINTABLE, { message: '$property must not contain control characters' }),
  );
}

/** A field of a body: a token or code that we gave out, or that an authenticator shows. */
export function SecretField(description: string): PropertyDecorator {
  return applyDecorators(ApiProperty({ description, maxLength: 200 }), IsString(), Length(1, 200));
}
