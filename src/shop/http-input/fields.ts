import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsEmail, IsInt, IsString, IsUUID, Length, Matches, Max, Min, ValidateIf } from 'class-validator';

/** Makes a field of a request optional: it may be absent, but not `null`. `described` completes the field's OpenAPI schema. */
export function Optional(described: ApiPropertyOptions = {}): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ ...described, required: false } as ApiPropertyOptions), // the union of options does not survive a spread
    ValidateIf((_, value) => value !== undefined),
  );
}

/**
 * A text of 1 to `max` characters, which are not all blank. Control characters and lone surrogates are refused, because PostgreSQL refuses
 * them. With `isLong`, line breaks and tabs are allowed.
 */
export function TextField(max: number, { isLong = false } = {}): PropertyDecorator {
  const character = isLong ? String.raw`(?:[^\p{Cc}\p{Cs}]|[\t\r\n])` : String.raw`[^\p{Cc}\p{Cs}]`;
  const message = `$property must be 1 to ${max} characters, not all blank, without control characters`;
  const pattern = new RegExp(String.raw`^(?=[^]*\S)${character}{1,${max}}$`, 'u');
  return applyDecorators(ApiProperty({ type: String, maxLength: max }), Matches(pattern, { message }));
}

export function WholeNumber(minimum: number, maximum: number): PropertyDecorator {
  return applyDecorators(ApiProperty({ type: 'integer', minimum, maximum }), IsInt(), Min(minimum), Max(maximum));
}

export function IdField(): PropertyDecorator {
  return applyDecorators(ApiProperty({ type: String, format: 'uuid' }), IsUUID());
}

/** An e-mail address, which is trimmed and made lower-case. A text with a lone surrogate becomes empty, because `IsEmail` throws on it. */
export function EmailField(): PropertyDecorator {
  const normalize = ({ value }: { value: unknown }) =>
    typeof value !== 'string' ? value : value.isWellFormed() ? value.trim().toLowerCase() : '';
  return applyDecorators(ApiProperty({ type: String, format: 'email' }), Transform(normalize), IsEmail());
}

/** A password that is compared with the account's password. */
export function PasswordField(): PropertyDecorator {
  return applyDecorators(ApiProperty({ type: String, format: 'password' }), IsString(), Length(1, 1_024));
}

export function NewPasswordField(): PropertyDecorator {
  return applyDecorators(ApiProperty({ type: String, format: 'password' }), IsString(), Length(8, 128));
}
