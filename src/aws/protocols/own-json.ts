import type { Operation } from "../contract/shapes.ts";

/** The method of an answer that prints itself. */
export const json: unique symbol = Symbol("json");

/**
 * An answer that prints its own JSON, straight from what is stored: its members need not be made for that. Whoever else
 * asks for one by its name, another protocol or a caller in the house, finds it all the same.
 */
export interface OwnJson {
  [json](): string;
}

export const printsItself = (output: object): output is OwnJson => json in output;

/** What such an answer holds, as plain members. */
export const membersOf = (operation: Operation, output: object): object =>
  Object.fromEntries(
    operation.output.members.map(({ name }) => [name, (output as Record<string, unknown>)[name]]),
  );
