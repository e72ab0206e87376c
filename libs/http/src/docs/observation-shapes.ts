import { choice, count, iri, list, object, ref, text, time, type Shape } from './shapes.js';

const value: Shape = { oneOf: [{ type: 'number' }, { type: 'boolean' }, { type: 'string' }] };
const unit = text('CURIE of a QUDT unit', { example: 'unit:DEG_C' });
const property = text('Term, CURIE of a quantity kind, or IRI of an own property', {
  example: 'AirTemperature',
});
const next = iri('The next page; absent on the last');

const observed = {
  id: iri('Ends in the phenomenon time; further values at that time append ~2, ~3'),
  type: choice('Observation'),
  madeBySensor: iri('The device'),
  observedProperty: property,
  hasFeatureOfInterest: iri('The feature, or the device where there is none'),
  datastream: iri(),
  phenomenonTime: time('When it was so'),
  resultTime: time('When it arrived'),
  schema: iri('The version of the mapping document that made it'),
};
const results = {
  hasResult: {
    description: 'Of a quantity or a concept',
    oneOf: [
      object({ type: choice('QuantityValue'), numericValue: { type: 'number' }, unit }),
      object({ id: iri('The concept') }),
    ],
  },
  hasSimpleResult: {
    description: 'Of a state, a text or a position',
    oneOf: [
      { type: 'boolean' },
      { type: 'string' },
      object({ '@type': choice('geo:wktLiteral'), '@value': text() }),
    ],
  },
  quality: list(choice('out-of-range', 'clock', 'time-unreadable', 'zone-assumed')),
} satisfies Record<string, Shape>;

const explain = object({
  message: text(),
  filters: list(
    object({ filter: text(), value: text(), rows: count('Rows that it leaves') }, { expanded: list(iri()) }),
  ),
});

const collection = (type: string, member: Shape): Shape =>
  object(
    { '@context': iri(), id: iri('The URL of this page'), type: choice(type), member: list(member) },
    { next, explain: { ...explain, description: 'Why `member` is empty' } },
  );

export const OBSERVATION_SHAPES: Readonly<Record<string, Shape>> = {
  Observation: object(observed, results, { description: 'sosa:Observation; without @context as a member' }),
  SingleObservation: object({ '@context': iri(), ...observed }, results),
  ObservationCollection: collection('ObservationCollection', ref('Observation')),
  Aggregate: object(
    {
      type: choice('Aggregate'),
      datastream: iri(),
      madeBySensor: iri(),
      observedProperty: property,
      interval: text('As asked for'),
      windows: list(
        object(
          { from: time(), to: time('Exclusive'), count: count(), first: value, last: value },
          {
            mean: { type: 'number', description: 'Circular for directions' },
            min: { type: 'number' },
            max: { type: 'number' },
          },
        ),
        'Those that hold values',
      ),
    },
    { unit },
  ),
  AggregateCollection: collection('AggregateCollection', ref('Aggregate')),
  Datastream: object(
    {
      id: iri(),
      type: choice('Datastream'),
      device: text(),
      name: text(),
      madeBySensor: iri(),
      observedProperty: property,
      kind: text('QUDT quantity kind; State, Position or Text for the rest'),
      count: count('Observations'),
    },
    {
      unit,
      feature: text('Path'),
      hasFeatureOfInterest: iri(),
      firstTime: time(),
      lastTime: time(),
      latest: ref('Observation'),
    },
  ),
  JsonLd: { type: 'object', description: 'JSON-LD 1.1', additionalProperties: true },
  Deleted: object({ deleted: count('Observations that went') }),
};
