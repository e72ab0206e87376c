export interface FingerprintOptions {
  readonly except?: (file: string) => boolean;
  readonly salt?: string;
}

export function fingerprint(root: string, paths: readonly string[], options?: FingerprintOptions): string;
export function filesOf(root: string, paths: readonly string[]): string[];
