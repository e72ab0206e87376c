import type * as Swagger from '@nestjs/swagger';

type Name =
  'ApiBearerAuth' | 'ApiBody' | 'ApiOperation' | 'ApiParam' | 'ApiQuery' | 'ApiResponse' | 'ApiTags';
type Decorate = (...target: unknown[]) => void;

/** What the decorators below say, in order. */
const said: ((swagger: typeof Swagger) => void)[] = [];

/**
 * A decorator that is applied when the documentation is first asked for: what is behind it takes a third of a second
 * to load, which a start need not wait for.
 */
function later<Of extends Name>(name: Of): (typeof Swagger)[Of] {
  const decorator =
    (...options: unknown[]): Decorate =>
    (...target) => {
      said.push((swagger) => (swagger[name] as (...options: unknown[]) => Decorate)(...options)(...target));
    };
  return decorator;
}

export const ApiBearerAuth = later('ApiBearerAuth');
export const ApiBody = later('ApiBody');
export const ApiOperation = later('ApiOperation');
export const ApiParam = later('ApiParam');
export const ApiQuery = later('ApiQuery');
export const ApiResponse = later('ApiResponse');
export const ApiTags = later('ApiTags');

/** Loads what makes the OpenAPI document of a decorated application. */
export async function loadSwagger(): Promise<typeof Swagger> {
  const swagger = await import('@nestjs/swagger');
  for (const apply of said.splice(0)) apply(swagger);
  return swagger;
}
