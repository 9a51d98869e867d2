/** For a day, a review is a comment or a sign-off. */
export interface Review {
  readonly id: string;
  readonly kind: 'reviewed' | 'comment' | 'sign_off';
  readonly at: string;
  readonly by: { readonly type: string; readonly id?: string; readonly name?: string };
  readonly eventId?: string;
  readonly comment?: string;
  readonly index?: number;
}

export interface ReviewList {
  readonly items: readonly Review[];
}

export type NewReview =
  | { readonly kind: 'reviewed'; readonly events: readonly string[]; readonly comment?: string }
  | { readonly kind: 'comment'; readonly events: readonly string[]; readonly comment: string };
