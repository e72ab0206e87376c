export interface Step {
  readonly title: string;
  readonly stamp: string;
  fingerprint(): string;
  isWhole(): boolean;
  run(): Promise<unknown>;
  adopt?(): boolean | Promise<boolean>;
}

export interface StepOptions {
  readonly lock: string;
  readonly say?: (line: string) => void;
  readonly progress?: (label: string) => (end: 'done' | 'failed') => void;
}

export function runSteps(steps: readonly Step[], options: StepOptions): Promise<void>;
