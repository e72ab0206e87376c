/** A JSON Schema as OpenAPI 3.0 has it, as far as it is used here. */
export interface Shape {
  readonly $ref?: string;
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Shape;
  readonly items?: Shape;
  readonly enum?: readonly (string | boolean)[];
  readonly oneOf?: readonly Shape[];
  readonly allOf?: readonly Shape[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly default?: unknown;
  readonly example?: unknown;
}

/** A named shape of the document. */
export const ref = (name: string): Shape => ({ $ref: `#/components/schemas/${name}` });

export const text = (description?: string, more: Shape = {}): Shape => ({
  type: 'string',
  ...(description !== undefined && { description }),
  ...more,
});
export const count = (description?: string): Shape => ({
  type: 'integer',
  minimum: 0,
  ...(description !== undefined && { description }),
});
export const flag = (description: string): Shape => ({ type: 'boolean', description });
export const choice = (...values: string[]): Shape => ({ type: 'string', enum: values });
export const list = (items: Shape, description?: string): Shape => ({
  type: 'array',
  items,
  ...(description !== undefined && { description }),
});
export const iri = (description?: string): Shape => text(description, { format: 'uri' });
export const time = (description?: string): Shape => text(description, { format: 'date-time' });

/** An object with members that must and may be there. */
export function object(
  required: Readonly<Record<string, Shape>>,
  optional: Readonly<Record<string, Shape>> = {},
  more: Shape = {},
): Shape {
  const names = Object.keys(required);
  return {
    type: 'object',
    properties: { ...required, ...optional },
    ...(names.length > 0 && { required: names }),
    additionalProperties: false,
    ...more,
  };
}
