/** The nodes of jsonata's syntax tree that the compiler knows; others are left to the worker. */
export interface AstNode {
  readonly type: string;
  readonly value?: unknown;
  readonly position?: number;
  readonly steps?: readonly AstNode[];
  /** Filters of a step; its value is not yet unwrapped. */
  readonly stages?: readonly AstFilter[];
  /** Filters of anything else. */
  readonly predicate?: readonly AstFilter[];
  readonly lhs?: AstNode | readonly (readonly [AstNode, AstNode])[];
  readonly rhs?: AstNode;
  readonly expression?: AstNode;
  readonly expressions?: readonly AstNode[];
  readonly condition?: AstNode;
  readonly then?: AstNode;
  readonly else?: AstNode;
  readonly procedure?: AstNode;
  readonly arguments?: readonly AstNode[];
  readonly consarray?: boolean;
  readonly keepArray?: boolean;
  readonly keepSingletonArray?: boolean;
  readonly group?: unknown;
  readonly tuple?: unknown;
  readonly focus?: unknown;
  readonly index?: unknown;
  readonly ancestor?: unknown;
  readonly seekingParent?: unknown;
}

export interface AstFilter {
  readonly type: string;
  readonly expr: AstNode;
}
