/** One step of a mapping, told in words. */
export interface TraceStep {
  /** What was done: `pattern`, `codec`, `match`, `payload`, `each`, `device`, `time`, `when`, `value`, `unit`, `range`, `result`. */
  readonly step: string;
  /** The rule's datastream name, where it concerns one. */
  readonly name?: string;
  /** The item of `each`, from 0. */
  readonly item?: number;
  readonly message: string;
}

/** Collects steps; absent on the hot path. */
export class Trace {
  readonly steps: TraceStep[] = [];
  /** Where the steps that follow belong. */
  item: number | undefined;

  add(step: string, message: string, name?: string): void {
    this.steps.push({
      step,
      ...(name !== undefined && { name }),
      ...(this.item !== undefined && { item: this.item }),
      message,
    });
  }
}

/** A value as a trace shows it: short JSON. */
export function brief(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
