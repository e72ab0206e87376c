import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiParam, ApiQuery, ApiResponse } from './decorators.js';
import { list, object, ref, iri, type Shape } from './shapes.js';

type Content = Record<string, { schema: object }>;

const ABOUT: Readonly<Record<number, string>> = {
  200: 'Done',
  201: 'Created',
  204: 'Done; there is nothing to say',
  503: 'Something hinders it',
};

/** What a route answers when all is well: a named shape in JSON, or other media types beside it. */
export function Answers(
  shape: string,
  { status = [200], types = [] }: { status?: readonly number[]; types?: readonly string[] } = {},
): MethodDecorator {
  return answer(ref(shape), status, types);
}

/** A route that answers nothing but that it is done. */
export const AnswersNothing = (): MethodDecorator => ApiResponse({ status: 204, description: ABOUT[204]! });

/** A list: `{ items, next }`, with `limit` and `cursor`. */
export function AnswersList(shape: string): MethodDecorator {
  const page = object({ items: list(ref(shape)) }, { next: iri('The next page; absent on the last') });
  return applyDecorators(Paged(), answer(page, [200], []));
}

/** `limit` and `cursor`. */
export function Paged(): MethodDecorator {
  return applyDecorators(
    ApiQuery({
      name: 'limit',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 10_000, default: 100 },
    }),
    ApiQuery({ name: 'cursor', type: String, required: false, description: 'Follow `next`' }),
  );
}

/** The body, a named shape. */
export function Takes(shape: string, { required = true } = {}): MethodDecorator {
  return ApiBody({ required, schema: ref(shape) as object });
}

/** The rest of the path, which the framework knows as a wildcard. */
export const PathOfSegments = (): MethodDecorator =>
  ApiParam({
    name: 'path',
    description: 'Names joined by "/", each percent-encoded',
    example: 'home/kitchen',
  });

function answer(schema: Shape, status: readonly number[], types: readonly string[]): MethodDecorator {
  const content: Content = { 'application/json': { schema } };
  for (const type of types) {
    const json = /json$/.test(type) && !type.includes('ndjson');
    content[type] = { schema: json ? schema : { type: 'string' } };
  }
  return applyDecorators(
    ...status.map((code) => ApiResponse({ status: code, description: ABOUT[code]!, content })),
  );
}
