import { ApiProperty } from '@nestjs/swagger';
import { Matches, Validate, ValidatorConstraint, type ValidatorConstraintInterface } from 'class-validator';

/** What settings and features are called. The tables' constraints say the same. */
export const NAME = /^[a-z][a-z0-9_.-]{0,63}$/;
export const NAME_RULE = 'must be 1 to 64 lower-case letters, digits and _ . -, a letter first';

/** What a setting may be. */
export type SettingValue = string | number | boolean;

/** Neither control characters nor lone surrogates, which PostgreSQL cannot hold; line breaks and tabs may be. */
const TEXT = /^(?:[^\p{Cc}\p{Cs}]|[\n\r\t]){0,4096}$/u;

@ValidatorConstraint({ name: 'isSettingValue' })
class IsSettingValue implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return typeof value === 'boolean' || Number.isFinite(value) || (typeof value === 'string' && TEXT.test(value));
  }

  defaultMessage(): string {
    return 'value must be a boolean, a number, or a text of at most 4096 characters without control characters';
  }
}

/** Which setting. */
export class SettingParams {
  @ApiProperty({ example: 'orders.max_items', pattern: NAME.source })
  @Matches(NAME, { message: `key ${NAME_RULE}` })
  declare readonly key: string;
}

/** What it is to be. */
export class ChangeSettingDto {
  @ApiProperty({ oneOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }], example: 50 })
  @Validate(IsSettingValue)
  declare readonly value: SettingValue;
}

/** A setting, without its value, which may be a secret: that is for the application alone. */
export class SettingView {
  @ApiProperty({ example: 'orders.max_items' })
  declare readonly key: string;

  @ApiProperty({ format: 'date-time' })
  declare readonly updatedAt: string;
}

/** All settings, by key. */
export class SettingList {
  @ApiProperty({ type: [SettingView] })
  declare readonly items: readonly Readonly<SettingView>[];
}
