import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';

function Size(): PropertyDecorator {
  return (target, name) => {
    for (const decorate of [
      Transform(({ value }: { value: unknown }) => (/^\d{1,16}$/.test(String(value)) ? Number(value) : value)),
      IsInt(),
      Min(0),
      Max(Number.MAX_SAFE_INTEGER),
    ]) {
      decorate(target, name); // class-validator knows no symbols, and no property here is one
    }
  };
}

/** The query of `GET /audit/consistency`. */
export class ConsistencyQuery {
  @ApiProperty({ description: 'Size of the smaller tree' })
  @Size()
  readonly from!: number;

  @ApiPropertyOptional({ description: "Size of the larger tree; default: the shown checkpoint's" })
  @IsOptional()
  @Size()
  readonly to?: number;
}
