import type { DeviceInput } from '#control';
import { GlossaError, isFeaturePath, isName, pointer, problem, type Problem } from '#model';

/** Reads a device document. @throws GlossaError `body-invalid` with every problem */
export function checkDevice(id: string, body: unknown): DeviceInput {
  const errors = [...problems(id, body)];
  if (errors.length > 0) throw new GlossaError('body-invalid', errors[0]!.message, errors);
  const { title, schemas, feature, account } = (body ?? {}) as DeviceInput & Record<string, unknown>;
  return {
    ...(title !== undefined && { title }),
    ...(schemas !== undefined && { schemas: [...schemas] }),
    ...(feature !== undefined && { feature: feature.replace(/^\/+|\/+$/g, '') }),
    ...(account !== undefined && { account }),
  };
}

/** What answers carry beside what may be sent. */
const READ_ONLY = new Set(['id', 'iri', 'auto', 'createdAt', 'updatedAt']);

function* problems(id: string, body: unknown): Generator<Problem> {
  const say = (at: string, message: string, hint: string) => problem(at, 'body-invalid', message, hint);
  if (!isName(id))
    yield say('', 'the id is not usable', 'Ids are 1 to 256 characters without control characters.');
  if (body === undefined || body === null) return;
  if (typeof body !== 'object' || Array.isArray(body)) {
    yield say(
      '',
      'a device is an object',
      'Give { "title", "schemas", "feature", "account" }, all optional.',
    );
    return;
  }
  for (const [name, value] of Object.entries(body)) {
    const at = pointer(name);
    if (READ_ONLY.has(name)) continue;
    if (name === 'title' || name === 'account') {
      if (typeof value !== 'string' || value.length > 500)
        yield say(at, `${name} is a text of at most 500 characters`, 'Give a string.');
    } else if (name === 'feature') {
      const usable = typeof value === 'string' && isFeaturePath(value.replace(/^\/+|\/+$/g, ''));
      if (!usable) yield say(at, 'feature is no path', 'Give names joined by "/", such as home/kitchen.');
    } else if (name === 'schemas') {
      const usable = Array.isArray(value) && value.every((one) => typeof one === 'string');
      if (!usable) yield say(at, 'schemas is no list of schema ids', 'Give an array of strings.');
    } else yield say(at, `a device has no member ${name}`, 'It takes title, schemas, feature and account.');
  }
}
