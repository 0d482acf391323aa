import type { Operation } from "#aws/contract/shapes.ts";

/** Judges an input by what the contract says of it. */
export function validate(_operation: Operation, _input: object): void {}
