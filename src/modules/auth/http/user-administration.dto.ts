import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsUUID,
  Max,
  Min,
  ValidateIf,
} from 'class-validator';
import { ROLES, type Role } from '../access/roles.js';
import { EmailField, NameField, NewPasswordField } from './fields.js';

/** Query of `GET /admin/users`. */
export class UserPageQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 200, default: 50 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  readonly limit: number = 50;

  @ApiPropertyOptional({ format: 'uuid', description: 'The id of the last account of the page before.' })
  @IsOptional()
  @IsUUID()
  readonly before?: string;
}

/** Body of `POST /admin/users`. */
export class UserCreationDto {
  @EmailField()
  readonly email: string = '';

  @NameField('Ada Lovelace')
  readonly name: string = '';

  /** To be changed by the user before anything else. */
  @NewPasswordField()
  readonly password: string = '';

  @ApiPropertyOptional({ enum: ROLES, isArray: true, default: ['user'] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(ROLES, { each: true })
  readonly roles: Role[] = ['user'];
}

/** Body of `PATCH /admin/users/:id`. */
export class UserUpdateDto {
  @NameField('Ada Lovelace')
  @ValidateIf((_, value) => value !== undefined)
  readonly name?: string;

  @ApiProperty({ enum: ROLES, isArray: true, required: false })
  @ValidateIf((_, value) => value !== undefined)
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(ROLES, { each: true })
  readonly roles?: Role[];
}
