import { describe, expect, it } from '@jest/globals';
import { BadRequestException, ConflictException, UnprocessableEntityException, ValidationPipe } from '@nestjs/common';
import { IsEmail, MaxLength, MinLength } from 'class-validator';
import { explainFailure } from './explain-failure.js';

class Account {
  @IsEmail({}, { message: '$value is not an e-mail address' })
  declare readonly email: string;

  @MinLength(12)
  @MaxLength(64)
  declare readonly password: string;
}

const BODY = { email: 'ada at example', password: 'hunter2', extra: 1 };
const explain = (error: unknown, body: unknown = {}, more: object = {}) =>
  explainFailure(error, { body: () => body, ...more });

async function refusalBy(pipe: ValidationPipe): Promise<unknown> {
  return pipe.transform(BODY, { type: 'body', metatype: Account }).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('a failure', () => {
  it('of Nest’s ValidationPipe names the refused fields with their constraints, and no value', async () => {
    const pipe = new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true });
    const explained = explain(await refusalBy(pipe), BODY);

    expect(explained?.refused).toEqual(
      expect.arrayContaining([
        { field: 'extra', constraints: ['should not exist'] },
        { field: 'password', constraints: ['must be longer than or equal to 12 characters'] },
        { constraints: ['[value] is not an e-mail address'] },
      ]),
    );
    expect(explained?.error.message).toContain('password must be longer than or equal to 12 characters');
    expect(JSON.stringify(explained)).not.toMatch(/ada at example|hunter2/);
  });

  it('with class-validator’s own errors names the constraints, and neither value nor target', async () => {
    const pipe = new ValidationPipe({ exceptionFactory: (errors) => new BadRequestException({ errors }) });
    const explained = explain(await refusalBy(pipe), BODY);

    expect(explained?.refused).toEqual([
      { field: 'email', constraints: ['isEmail'] },
      { field: 'password', constraints: ['minLength'] },
    ]);
  });

  it.each([
    ['property extra should not exist', 'extra', 'should not exist'],
    ['items.0.property extra should not exist', 'items.0.extra', 'should not exist'],
    ['items.0.quantity must be positive', 'items.0.quantity', 'must be positive'],
    ['items.0.each value in tags must be a string', 'items.0.tags', 'must be a string'],
  ])('with class-validator’s text %j names the field, also within others', (text, field, constraint) => {
    const explained = explain(new BadRequestException([text]), {
      items: [{ quantity: 0, tags: 'x' }],
      ...BODY,
    });
    expect(explained?.refused).toEqual([{ field, constraints: [constraint] }]);
  });

  it.each([
    ['at the start', 'hunter2 is too short', { body: { password: 'hunter2' } }],
    ['at the start, in a form of no field', 'Ada must be longer', { body: { name: 'ADA ' } }],
    ['whose case a pipe changed', 'bad mail: Gretel', { body: { mail: ' gRETEL ' } }],
    ['of three digits', '739 is wrong, bad code: 739', { body: { cvv: 739 } }],
    ['of the query', 'the code k3yZq9Lm is wrong', { request: { query: { reset: 'k3yZq9Lm' } } }],
    ['of the path', 'the code k3yZq9Lm is wrong', { request: { params: { reset: 'k3yZq9Lm' } } }],
    ['after the pipes', 'the code k3yZq9Lm is wrong', { args: [{ reset: 'k3yZq9Lm' }] }],
    ['after 200 others', 'bad name: Gretel', { body: [...Array(201).keys(), 'Gretel'] }],
    ['in a text that is too long to search', `Gretel${' '.repeat(3_000)}`, { body: ['Gretel'] }],
  ])(
    'stores no value %s',
    (_place, text, { body, ...more }: { body?: unknown; request?: object; args?: unknown[] }) => {
      const errors = { name: [text], other: text };
      const explained = [new BadRequestException([text]), new BadRequestException({ message: text, errors })].map(
        (error) => explain(error, body, more),
      );
      const shown = JSON.stringify(explained.map((each) => [each?.refused, each?.error.message]));
      expect(shown).not.toMatch(/"field":"(?!name|other)/);
      expect(shown).not.toMatch(/hunter2|Ada|739|k3yZq9Lm|Gretel/);
    },
  );

  it('names a missing field that a class declares, and keeps words that contain a short value', () => {
    const explained = explain(new BadRequestException(['password must be a string']), { a: 'st', b: 'ing' });
    expect(explained?.refused).toEqual([{ field: 'password', constraints: ['must be a string'] }]);
  });

  it.each([
    ['a map of texts', { items: { sku: 'unknown' }, total: ['too low', 'odd'] }],
    [
      'Zod’s issues',
      [
        { path: ['items', 'sku'], message: 'unknown' },
        { path: ['total'], message: 'too low' },
      ],
    ],
  ])('with an errors list as %s names the fields', (_form, errors) => {
    const refused = explain(new UnprocessableEntityException({ message: 'Refused', errors }))?.refused ?? [];

    expect(refused.map(({ field }) => field)).toEqual(['items.sku', 'total']);
    expect(refused[0]?.constraints).toEqual(['unknown']);
  });

  it('has no reason from free text, nor from another kind of error', () => {
    expect(explain(new ConflictException({ reason: 'because Ada wants it' }))?.reason).toBeUndefined();
    expect(explain(new Error('broken'))).toBeUndefined();
    expect(explain(new ConflictException('plain'))?.error.message).toBe('plain');
  });

  it('of a response that cannot be read costs nothing but its explanation', () => {
    const hostile = {
      message: 'readable',
      get errors(): never {
        throw new Error('no');
      },
    };
    expect(explain(new ConflictException(hostile))).toMatchObject({ refused: [], error: { message: 'readable' } });
  });
});
