import { Template } from '../rules/template.js';
import { CompiledStatus } from '../schema/status.js';
import { compileText, compileTopic } from './compile-parts.js';
import type { Problems } from './problems.js';

const MEMBERS = ['topic', 'value', 'online'];

type Scalar = string | number | boolean;

/** Compiles `status`. Its pattern fills the document's device template, so it binds the same variables. */
export function compileStatus(
  value: unknown,
  device: Template | undefined,
  autoCreate: boolean,
  problems: Problems,
): CompiledStatus | undefined {
  if (value === undefined) return undefined;
  const rule = problems.object(value, '/status', MEMBERS);
  if (!rule) return undefined;
  const pattern = compileTopic(rule.topic, '/status/topic', problems);
  const expression = compileText(rule.value, '/status/value', problems);
  const online = readOnline(rule.online, problems);
  if (expression?.mode === 'worker') {
    const hint = 'Paths, comparisons, conditionals and the common functions are simple.';
    return problems.add(
      '/status/value',
      'expression-invalid',
      'the status is read by simple expressions only',
      hint,
    );
  }
  if (!pattern || !online || !device) return undefined;
  const template = Template.parse(device.source, new Set(pattern.names));
  if (!(template instanceof Template)) {
    return problems.add(
      '/status/topic',
      'topic-invalid',
      `the pattern does not bind what the device template needs: ${template.message}`,
      `Bind the variables of "${device.source}".`,
    );
  }
  if (!template.fixed && template.expressions.some(({ mode }) => mode === 'worker')) {
    return problems.add(
      '/status',
      'expression-invalid',
      'the device of a status is named by simple expressions only',
    );
  }
  return new CompiledStatus(pattern, template, expression, online, autoCreate);
}

function readOnline(value: unknown, problems: Problems): readonly Scalar[] | undefined {
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  if (list.length > 0 && list.every((one) => ['string', 'number', 'boolean'].includes(typeof one)))
    return list as Scalar[];
  return problems.shape(
    '/status/online',
    'online is missing or no value',
    'Give the value that means online, such as "online" or true.',
  );
}
