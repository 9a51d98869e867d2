import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';

/** Not only white space; neither control characters nor lone surrogates, which PostgreSQL's text cannot hold. */
const NAME = /^(?=.*\S)[^\p{Cc}\p{Cs}]{1,100}$/u;

/** A new store. */
export class CreateStoreDto {
  @ApiProperty({ example: 'Corner shop', minLength: 1, maxLength: 100 })
  @Matches(NAME, { message: 'name must be 1 to 100 characters, not all blank, without control characters' })
  declare readonly name: string;
}
