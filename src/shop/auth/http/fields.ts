import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsEmail, IsString, Length } from 'class-validator';
import { TextField } from '../../http-input/text-field.js';
import { normalizeEmail } from '../accounts/user.entity.js';

function changeText(change: (text: string) => string): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? change(value) : value));
}

/** A field of a request body: an e-mail address, which is normalised. */
export function EmailField(): PropertyDecorator {
  const format = ApiProperty({ format: 'email', example: 'ada@example.com' });
  return applyDecorators(format, changeText(normalizeEmail), IsEmail());
}

/** A field of a request body: a password that is compared with the account's password. */
export function PasswordField(): PropertyDecorator {
  return applyDecorators(ApiProperty({ format: 'password' }), IsString(), Length(1, 1_024));
}

/** A field of a request body: a new password. */
export function NewPasswordField(): PropertyDecorator {
  return applyDecorators(ApiProperty({ format: 'password', minLength: 8, maxLength: 128 }), IsString(), Length(8, 128));
}

export function NameField(): PropertyDecorator {
  return applyDecorators(
    changeText((name) => name.trim()),
    TextField(200),
  );
}
