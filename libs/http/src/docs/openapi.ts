import type { OpenAPIObject } from '@nestjs/swagger';
import { MAPPING_SHAPES } from './mapping-shapes.js';
import { MESSAGE_SHAPES } from './message-shapes.js';
import { OBSERVATION_SHAPES } from './observation-shapes.js';
import { REGISTRY_SHAPES } from './registry-shapes.js';
import { ref } from './shapes.js';

/** Every named shape, in one list. */
const SHAPES = { ...MAPPING_SHAPES, ...OBSERVATION_SHAPES, ...REGISTRY_SHAPES, ...MESSAGE_SHAPES };

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: object;
  readonly security?: readonly object[];
  readonly responses: Record<string, { content?: object } | undefined>;
}

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'The query or the body cannot be read; `errors` names every parameter',
  401: 'There is no token, or it is unknown or expired',
  403: 'The account may not do this',
  404: 'There is no such thing',
  406: 'None of the accepted media types is offered',
  409: 'It clashes with what is there',
  413: 'The body is over 1 MiB',
  415: 'The body is not application/json',
  422: 'The document is not valid; `errors` names everything that is wrong',
};

/** Adds to the generated document what holds for every route alike: named shapes, and how requests are refused. */
export function complete(document: OpenAPIObject): OpenAPIObject {
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of ['get', 'put', 'post', 'delete'] as const) {
      const operation = item[method] as Operation | undefined;
      if (operation) addRefusals(operation, path, method);
    }
  }
  const components = {
    ...document.components,
    schemas: SHAPES as NonNullable<OpenAPIObject['components']>['schemas'],
  };
  return { ...document, components: components as NonNullable<OpenAPIObject['components']> };
}

function addRefusals(operation: Operation, path: string, method: string): void {
  const statuses = [400];
  if (operation.security) statuses.push(401, 403);
  if (operation.parameters?.some((parameter) => parameter.in === 'path')) statuses.push(404);
  const media = Object.keys(operation.responses['200']?.content ?? {});
  if (media.length > 1) statuses.push(406);
  if (operation.requestBody) statuses.push(413, 415, 422);
  if (
    operation.requestBody &&
    /^\/api\/(schemas|accounts|properties|devices)(\/\{\w+\})?$/.test(path) &&
    method !== 'get'
  )
    statuses.push(409);
  const content = { 'application/problem+json': { schema: ref('Problem') } };
  for (const status of statuses.sort())
    operation.responses[status] ??= { description: REFUSALS[status], content } as object;
}
