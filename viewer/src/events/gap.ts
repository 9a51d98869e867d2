export interface Gap {
  readonly kind: 'retired' | 'erased' | 'held' | 'missing';
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly act?: {
    readonly id: string;
    readonly eventId?: string;
    readonly at?: string;
    readonly reason?: string;
    readonly archive?: string;
  };
}

export interface Gaps {
  readonly first: number;
  readonly last: number;
  readonly next: number | null;
  readonly gaps: readonly Gap[];
}
