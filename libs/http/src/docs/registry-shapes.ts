import { choice, count, flag, iri, list, object, text, time, type Shape } from './shapes.js';

const device = {
  title: text(undefined, { maxLength: 500 }),
  feature: text('Path of what it observes, such as home/kitchen'),
  account: text('Whose connection tells whether it is online'),
};
const feature = {
  title: text(undefined, { maxLength: 2000 }),
  description: text(undefined, { maxLength: 2000 }),
};
const rules = list(
  object({
    effect: choice('allow', 'deny'),
    action: choice('publish', 'subscribe'),
    topic: text('Topic filter, with {username}'),
  }),
);
const account = {
  roles: list(choice('admin', 'operator', 'consumer', 'device')),
  rules,
  onDeny: choice('ignore', 'disconnect'),
};
const password = text(undefined, { minLength: 8, maxLength: 1024 });
const token = { id: text(), createdAt: time() };
const states: Shape = {
  type: 'array',
  items: {
    oneOf: [text(), object({ term: text() }, { label: text(), definition: text() })],
  },
};

export const REGISTRY_SHAPES: Readonly<Record<string, Shape>> = {
  DeviceInput: object({}, { ...device, schemas: list(text(), 'Ids of schemas that win for it') }),
  Device: object(
    { id: text(), iri: iri(), schemas: list(text()), auto: flag('Made by its first message') },
    device,
  ),
  DeviceRemoved: object({ deletedObservations: count() }),
  FeatureInput: object({}, feature),
  Feature: object(
    {
      id: iri(),
      type: choice('FeatureOfInterest'),
      path: text(undefined, { example: 'home/kitchen' }),
      children: list(text(), 'Paths one level below'),
      series: count('Series that are about this very feature'),
    },
    feature,
  ),
  AccountInput: object({ username: text() }, { ...account, password }),
  AccountReplacement: object({}, { username: text(), ...account, password }),
  Account: object({ username: text(), ...account, password: flag('Whether it has one') }),
  PasswordInput: object({ password }),
  TokenInput: object({}, { expires: time('In the future') }),
  Token: object(token, { expires: time() }),
  NewToken: object({ ...token, token: text('Shown this once') }, { expires: time() }),
  AccessDecision: object({ allowed: flag('May it'), rule: text('The rule that decides') }),
  PropertyInput: object(
    { label: text(), kind: text('QUDT quantity kind, or State, Position, Text') },
    {
      definition: text(),
      unit: text('Canonical unit, for quantities', { example: '°C' }),
      broader: { oneOf: [text(), list(text())] },
      states,
      circular: flag('A direction'),
      retention: text('How long its observations are kept', { example: '90d' }),
    },
  ),
  Property: object(
    {
      id: text('Term'),
      iri: iri(),
      url: iri(),
      label: text(),
      definition: text(),
      kind: text(),
      type: choice('quantity', 'state', 'concept', 'position', 'text'),
      origin: choice('core', 'kind', 'own'),
    },
    {
      unit: text(undefined, { example: 'unit:DEG_C' }),
      broader: list(text()),
      circular: flag('A direction, whose means are circular; absent where it is none'),
      states: list(object({ term: text(), label: text(), definition: text() })),
      retention: text('How long its observations are kept'),
      alignments: list(
        object({ match: choice('exact', 'close'), scheme: text(), target: text() }, { label: text() }),
      ),
    },
  ),
  Unit: object(
    {
      id: text(undefined, { example: 'unit:DEG_C' }),
      iri: iri(),
      label: text(),
      ucumCodes: list(text()),
      quantityKinds: list(text()),
    },
    { symbol: text(), ucum: text() },
  ),
  Ontology: object({ id: text(), url: iri() }),
};
