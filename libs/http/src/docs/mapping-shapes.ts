import { TIME_FORMATS } from '#model';
import { choice, count, flag, list, object, ref, text, type Shape } from './shapes.js';

const jsonata = (description: string) => text(`JSONata: ${description}`);
const template = (description: string) => text(`Template with {variable} and {= JSONata}: ${description}`);
const any: Shape = {};
const scalar: Shape = { oneOf: [{ type: 'boolean' }, { type: 'string' }, { type: 'number' }] };

const timeRule: Shape = {
  description: 'Default: the time of arrival',
  oneOf: [
    jsonata('the time'),
    object({ value: jsonata('the time') }, { format: choice(...TIME_FORMATS), timezone: text('IANA name') }),
  ],
};

const observationRule = object(
  { property: text('Term, CURIE or IRI of an observable property; any QUDT quantity kind') },
  {
    value: jsonata("the value; default: the member of the datastream's name"),
    unit: {
      description: 'Required for quantities',
      oneOf: [
        text('QUDT IRI, CURIE or name, UCUM code, or a symbol as people write it'),
        object({ value: jsonata('the unit') }, { map: { type: 'object', additionalProperties: text() } }),
      ],
    },
    values: { type: 'object', additionalProperties: scalar, description: 'Raw value -> meaning' },
    range: { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 },
    outOfRange: choice('flag', 'reject'),
    when: jsonata('boolean, whether the rule applies'),
    device: template("the device's id"),
    feature: template("the feature's path"),
    time: timeRule,
  },
);

const expected = object(
  { property: text(), value: scalar },
  { unit: text(), name: text(), phenomenonTime: text() },
);

const members = {
  title: text(),
  description: text(),
  match: jsonata('boolean over the payload'),
  codec: {
    description: 'json, text, or an object with options; json',
    oneOf: [text(), object({ name: text() }, {}, { additionalProperties: true })],
  },
  payload: { description: 'JSON Schema 2020-12', oneOf: [{ type: 'object' }, { type: 'boolean' }] },
  device: template("the device's id; {device}"),
  autoCreate: flag('Whether a first message makes a device; true'),
  feature: template("the feature of interest's path"),
  time: timeRule,
  each: jsonata('an array, of whose items the rules are'),
  status: object(
    { topic: text('Topic pattern'), online: { oneOf: [scalar, list(scalar)] } },
    { value: jsonata('what is compared') },
  ),
  examples: list(
    object({ topic: text(), expect: list(expected) }, { payload: any, payloadBase64: text() }),
    'The schema is refused when one fails',
  ),
} satisfies Record<string, Shape>;

const required = {
  topic: {
    description: 'Pattern or patterns: {name} binds one level, {name*} the rest, + and # match',
    oneOf: [text(), list(text())],
  },
  observations: {
    type: 'object',
    additionalProperties: observationRule,
    description: 'Name of the datastream -> rule',
  },
} satisfies Record<string, Shape>;

const id = text('Slug', { pattern: '^[a-z0-9][a-z0-9-]{0,63}$' });
const problems = list(
  object({ stage: text(), code: text(), message: text() }, { pointer: text(), name: text(), item: count() }),
);

/** The smallest useful document, for those who try. */
const EXAMPLE = {
  id: 'zigbee2mqtt-climate',
  topic: 'zigbee2mqtt/{device}',
  observations: {
    temperature: { property: 'AirTemperature', unit: '°C' },
    humidity: { property: 'RelativeHumidity', unit: '%' },
  },
};

export const MAPPING_SHAPES: Readonly<Record<string, Shape>> = {
  MappingDocument: object({ id, ...required }, members, { example: EXAMPLE }),
  MappingReplacement: object(required, { id, ...members }, { example: EXAMPLE }),
  Schema: object(
    { id, ...required, version: { type: 'integer', minimum: 1 }, createdAt: text() },
    {
      ...members,
      suspended: object(
        { since: text(), reason: text(), retry: text('When one message is tried again') },
        {},
        { description: 'While its messages are rejected, since its expressions took too long' },
      ),
    },
    { description: 'A mapping document as it is registered' },
  ),
  PreviewRequest: object(
    { topic: text('As it would be published to') },
    {
      schema: ref('MappingDocument'),
      schemaId: text('Of a registered schema. Without both: the one that would take the message'),
      payload: { description: 'A string is the raw text, other JSON its serialisation' },
      payloadBase64: text(),
    },
  ),
  Preview: object(
    {
      observations: list(ref('SingleObservation')),
      rejected: problems,
      unmapped: list(text(), 'JSON Pointers of what nothing reads'),
      trace: list(
        object({ step: text(), message: text() }, { name: text(), item: { type: 'integer', minimum: 0 } }),
      ),
    },
    { schema: text('Its id') },
  ),
};
