import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, Matches } from 'class-validator';
import { NAME, NAME_RULE } from '../settings/setting.dto.js';

/** Which feature. */
export class FeatureParams {
  @ApiProperty({ example: 'gift_cards', pattern: NAME.source })
  @Matches(NAME, { message: `name ${NAME_RULE}` })
  declare readonly name: string;
}

/** Whether it is to be on. */
export class SwitchFeatureDto {
  @ApiProperty()
  @IsBoolean()
  declare readonly enabled: boolean;
}

/** A feature that somebody switched. */
export class FeatureView {
  @ApiProperty({ example: 'gift_cards' })
  declare readonly name: string;

  @ApiProperty()
  declare readonly enabled: boolean;
}

/** All features that somebody switched, by name. */
export class FeatureList {
  @ApiProperty({ type: [FeatureView] })
  declare readonly items: readonly Readonly<FeatureView>[];
}
