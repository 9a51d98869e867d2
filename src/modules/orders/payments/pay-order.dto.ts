import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Matches, ValidateIf } from 'class-validator';

/** How an order is paid. Never with a card's number: that stays with the payment provider, which gives a token for it. */
export class PayOrderDto {
  /** What the payment provider's form gave the buyer. Never stored, and in no event. */
  @ApiProperty({ example: 'tok_visa' })
  @Matches(/^tok_[A-Za-z0-9_]{1,64}$/, {
    message: "paymentMethodToken must be a token of the payment provider's, such as tok_visa",
  })
  declare readonly paymentMethodToken: string;

  /** The last four digits of the card, to be shown. */
  @ApiPropertyOptional({ type: String, example: '4242' })
  @ValidateIf(({ last4 }: PayOrderDto) => last4 !== undefined)
  @Matches(/^[0-9]{4}$/, { message: 'last4 must be four digits' })
  declare readonly last4?: string;
}
