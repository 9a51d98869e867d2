export type ProvidersHealth = Readonly<
  Record<
    string,
    {
      readonly state: string;
      readonly waiting: number;
      readonly spillPending: boolean;
      readonly failed: number;
      readonly error?: string;
      readonly deadLetters?: number;
    }
  >
>;

export function findUnsound(providers: ProvidersHealth): readonly string[] {
  return Object.entries(providers).flatMap(
    ([backend, { state, waiting, spillPending, failed, deadLetters = 0, error }]) => [
      ...(state === 'suspended' ? [`${backend} is suspended`] : []),
      ...(waiting > 0 ? [`${backend}: ${waiting} events wait`] : []),
      ...(spillPending ? [`${backend}: events are in the spill`] : []),
      ...(deadLetters > 0 ? [`${backend}: ${deadLetters} events are dead letters`] : []),
      ...(failed > 0 ? [`${backend}: ${failed} events are lost`] : []),
      ...(error === undefined ? [] : [`${backend}: ${error}`]),
    ],
  );
}
